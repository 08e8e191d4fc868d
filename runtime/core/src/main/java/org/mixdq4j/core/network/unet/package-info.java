/**
 * diffusers' UNet2DConditionModel (SD 1.x/2.x, SDXL, LCM) as a graph. May use {@code core.graph}, {@code core.network.block}
 * and {@code core.network.config}.
 */
package org.mixdq4j.core.network.unet;
