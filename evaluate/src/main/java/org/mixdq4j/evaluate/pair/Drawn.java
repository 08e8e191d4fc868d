package org.mixdq4j.evaluate.pair;

import org.mixdq4j.core.tensor.Tensor;

/**
 * A drawing done.
 *
 * @param firstOutput the network's output at the first step, after guidance, where all variants read the same input
 * @param latents final ones, [1, channels, height, width]
 * @param image height x width x 3 in 0..1, before rounding
 */
public record Drawn(Tensor firstOutput, Tensor latents, Tensor image) {}
