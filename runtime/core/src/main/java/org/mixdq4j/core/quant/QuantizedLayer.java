package org.mixdq4j.core.quant;

import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A Linear or Conv2d ready to run quantized: the output is the sum over segments of quantized products, plus the bias
 * once. With {@code bos}, row 0 of the token axis is computed in float from the dequantized weights.
 *
 * @param segments cover the input channels in order
 * @param bias float [outputs], or empty
 * @param bos whether the first token's row is left in float
 * @param inputMultiplier of a Linear: one factor an input channel. The layer multiplies {@code x[c] * multiplier[c]},
 *     rounded to float32, with weights that were divided by it; empty for none
 * @param rotation of a Linear: the input, after the factors, is rotated in runs of this many features, and the weights are
 *     stored rotated as well ({@link Rotation}); {@link Rotation#NONE} for none. No run reaches over a segment's bounds. The
 *     first token's row, where it is left in float, and inputs that stay in float are rotated like all others
 */
public record QuantizedLayer(
        List<Segment> segments, Optional<Tensor> bias, boolean bos, Optional<float[]> inputMultiplier, int rotation) {
    public QuantizedLayer {
        segments = List.copyOf(segments);
        if (!Rotation.fitsSegments(segments, rotation)) {
            throw new IllegalArgumentException("runs of " + rotation + " features reach over bounds of segments");
        }
    }

    /** One whose input is not rotated. */
    public QuantizedLayer(
            List<Segment> segments, Optional<Tensor> bias, boolean bos, Optional<float[]> inputMultiplier) {
        this(segments, bias, bos, inputMultiplier, Rotation.NONE);
    }

    /** One whose input is read as it is. */
    public QuantizedLayer(List<Segment> segments, Optional<Tensor> bias, boolean bos) {
        this(segments, bias, bos, Optional.empty());
    }

    /** Whether the input is read as it is: neither multiplied by factors nor rotated. */
    public boolean readsAsIs() {
        return inputMultiplier.isEmpty() && rotation == Rotation.NONE;
    }

    /** What segments read of rows of features: multiplied by the factors, then rotated. A new array. */
    public float[] read(float[] rows) {
        float[] read = inputMultiplier
                .map(factors -> ReferenceLinear.multiplied(rows, factors))
                .orElseGet(rows::clone);
        Rotation.apply(read, 0, read.length, rotation);
        return read;
    }

    /** Whether weights and inputs of every segment are integers, so that the products can be. */
    public boolean integer() {
        return segments.stream()
                .allMatch(s -> s.integerWeight() && s.activation().isPresent());
    }
}
