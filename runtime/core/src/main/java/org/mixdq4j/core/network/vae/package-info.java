/**
 * diffusers' AutoencoderKL as two graphs. May use {@code core.graph}, {@code core.network.block}
 * and {@code core.network.config}.
 */
package org.mixdq4j.core.network.vae;
