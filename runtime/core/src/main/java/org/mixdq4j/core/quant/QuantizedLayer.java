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
 */
public record QuantizedLayer(
        List<Segment> segments, Optional<Tensor> bias, boolean bos, Optional<float[]> inputMultiplier) {
    public QuantizedLayer {
        segments = List.copyOf(segments);
    }

    /** One whose input is read as it is. */
    public QuantizedLayer(List<Segment> segments, Optional<Tensor> bias, boolean bos) {
        this(segments, bias, bos, Optional.empty());
    }

    /** Whether weights and inputs of every segment are integers, so that the products can be. */
    public boolean integer() {
        return segments.stream()
                .allMatch(s -> s.integerWeight() && s.activation().isPresent());
    }
}
