/** diffusers' UNet2DConditionModel (SD 1.x/2.x, SDXL, LCM) as a graph. May use {@code core.graph}, {@code core.network.block}. */
package org.mixdq4j.core.network.unet;
