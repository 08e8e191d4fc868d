/**
 * diffusers' SD3Transformer2DModel (MMDiT: SD3, SD3.5) as a graph. May use {@code core.graph}, {@code core.network.block}
 * and {@code core.network.config}.
 */
package org.mixdq4j.core.network.mmdit;
