package org.mixdq4j.core.pipeline;

import java.util.Optional;
import org.mixdq4j.core.tensor.Tensor;

/**
 * What one prompt became.
 *
 * @param hiddenStates F32 [1, tokens, features]
 * @param pooled F32 [1, features], of models that use one
 */
public record Conditioning(Tensor hiddenStates, Optional<Tensor> pooled) {
    /** All zeros of the same shapes: what SDXL takes for an absent negative prompt. */
    public Conditioning zeros() {
        return new Conditioning(
                Tensor.zeros(hiddenStates.dtype(), hiddenStates.shape()),
                pooled.map(p -> Tensor.zeros(p.dtype(), p.shape())));
    }
}
