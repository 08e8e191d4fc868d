package org.mixdq4j.core.quant;

import java.util.Optional;
import org.mixdq4j.core.tensor.Tensor;

/**
 * The quantized part of a layer that reads input channels {@code [from, to)}.
 *
 * @param weight I8 [outputs, to - from] or [outputs, to - from, kernelHeight, kernelWidth] with {@code weightScale} of one
 *     float per output channel; or a floating point weight with {@code weightScale} null
 * @param activation parameters of the input's range; empty if the input stays in float
 */
public record Segment(int from, int to, Tensor weight, float[] weightScale, Optional<AffineParams> activation) {
    /** Whether the weight is integer. */
    public boolean integerWeight() {
        return weightScale != null;
    }
}
