/**
 * diffusers' SD3Transformer2DModel (MMDiT: SD3, SD3.5) as a graph. May use {@code core.graph}, {@code core.model.block}
 * and {@code core.model.config}.
 */
package org.mixdq4j.core.model.mmdit;
