/** diffusers' AutoencoderKL as two graphs. May use {@code core.graph}, {@code core.model.block}. */
package org.mixdq4j.core.model.vae;
