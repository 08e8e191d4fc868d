package org.mixdq4j.core.quant;

import java.util.Optional;
import org.mixdq4j.core.tensor.Tensor;

/**
 * The quantized part of a layer that reads input channels {@code [from, to)}.
 *
 * @param weight I8 [outputs, to - from] or [outputs, to - from, kernelHeight, kernelWidth] with {@code weightScale} of one
 *     float per output channel; or a floating point weight with {@code weightScale} null
 * @param code how the integers of {@code weight} come from codes of fewer bits; null for a floating point weight
 * @param activation how the input becomes integers; empty if it stays in float
 */
public record Segment(
        int from, int to, Tensor weight, float[] weightScale, WeightCode code, Optional<InputQuant> activation) {
    public Segment {
        if ((weightScale == null) != (code == null)) {
            throw new IllegalArgumentException("an integer weight has scales and a code, a float weight neither");
        }
    }

    /** With integers that use all 8 bits, or a floating point weight. */
    public Segment(int from, int to, Tensor weight, float[] weightScale, Optional<InputQuant> activation) {
        this(from, to, weight, weightScale, weightScale == null ? null : WeightCode.plain(8), activation);
    }

    /**
     * Parameters that are the same for all values.
     *
     * @throws IllegalStateException if the input stays in float or is quantized token by token
     */
    public AffineParams fixed() {
        if (activation.isPresent() && activation.get() instanceof AffineParams params) {
            return params;
        }
        throw new IllegalStateException("no fixed range: " + activation);
    }

    /** Whether each row of the input is quantized by its own scale. */
    public boolean perToken() {
        return activation.isPresent() && activation.get() instanceof TokenParams;
    }

    /** The integer that stands for 0 in the input. */
    public int zeroPoint() {
        return activation.orElseThrow() instanceof TokenParams token ? token.zeroPoint() : fixed().zeroPoint();
    }

    /** Whether the weight is integer. */
    public boolean integerWeight() {
        return weightScale != null;
    }
}
