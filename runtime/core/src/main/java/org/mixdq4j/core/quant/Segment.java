package org.mixdq4j.core.quant;

import java.util.Optional;
import org.mixdq4j.core.tensor.Tensor;

/**
 * The quantized part of a layer that reads input channels {@code [from, to)}.
 *
 * @param weight I8 [outputs, to - from] or [outputs, to - from, kernelHeight, kernelWidth] with {@code weightScale} of one
 *     float per output channel; or a floating point weight with {@code weightScale} null
 * @param code how the integers of {@code weight} come from codes of fewer bits; null for a floating point weight
 * @param activation parameters of the input's range; empty if the input stays in float
 */
public record Segment(
        int from, int to, Tensor weight, float[] weightScale, WeightCode code, Optional<AffineParams> activation) {
    public Segment {
        if ((weightScale == null) != (code == null)) {
            throw new IllegalArgumentException("an integer weight has scales and a code, a float weight neither");
        }
    }

    /** With integers that use all 8 bits, or a floating point weight. */
    public Segment(int from, int to, Tensor weight, float[] weightScale, Optional<AffineParams> activation) {
        this(from, to, weight, weightScale, weightScale == null ? null : WeightCode.plain(8), activation);
    }

    /** Whether the weight is integer. */
    public boolean integerWeight() {
        return weightScale != null;
    }
}
