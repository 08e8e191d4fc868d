/** diffusers' AutoencoderKL as two graphs. May use {@code core.graph}, {@code core.network.block}. */
package org.mixdq4j.core.network.vae;
