package org.mixdq4j.core.quant;

import java.util.List;
import java.util.Optional;

/**
 * How a quantized layer is computed: all but its weights, so that a checkpoint's can be read without them.
 *
 * @param segments cover the input channels in order
 * @param weightBits of the codes of integer weights, 0 for floats
 * @param bos whether the first token's row is left in float
 * @param factors one an input channel, or empty
 * @param rotation features a run of the input that are rotated together, or {@link Rotation#NONE}
 */
public record LayerForm(List<Part> segments, int weightBits, boolean bos, Optional<float[]> factors, int rotation) {
    /** Input channels {@code [from, to)} and how they become integers; empty if they stay in float. */
    public record Part(int from, int to, Optional<InputQuant> input) {}

    public LayerForm {
        segments = List.copyOf(segments);
    }

    /** One whose input is not rotated. */
    public LayerForm(List<Part> segments, int weightBits, boolean bos, Optional<float[]> factors) {
        this(segments, weightBits, bos, factors, Rotation.NONE);
    }

    public static LayerForm of(QuantizedLayer layer) {
        return new LayerForm(
                layer.segments().stream()
                        .map(segment -> new Part(segment.from(), segment.to(), segment.activation()))
                        .toList(),
                layer.segments().stream()
                        .mapToInt(segment ->
                                segment.integerWeight() ? segment.code().bits() : 0)
                        .min()
                        .orElseThrow(),
                layer.bos(),
                layer.inputMultiplier(),
                layer.rotation());
    }

    /** Whether the products are of integers. */
    public boolean integer() {
        return weightBits > 0 && segments.stream().allMatch(part -> part.input().isPresent());
    }

    /** Whether the input is read as it is. */
    public boolean readsFloats() {
        return segments.stream().allMatch(part -> part.input().isEmpty());
    }
}
