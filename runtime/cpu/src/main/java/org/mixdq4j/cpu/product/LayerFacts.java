package org.mixdq4j.cpu.product;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.onednn.PairSafeWeights;

/**
 * What is known of layers that are one product besides their weights: read once a model, so that later sessions, whose weights
 * are packed already, read nothing.
 *
 * @param bias one an output, or null
 * @param onePlainSegment whether all is one segment of integers whose input channels have no factors
 * @param segments of integer weights; empty if the layers are in float
 */
record LayerFacts(float[] bias, boolean onePlainSegment, List<Integers> segments) {
    /** Reads them, each layer once. @param vnni whether kernels add products in 32 bits */
    static LayerFacts of(JoinedLayers layers, boolean vnni) {
        int count = layers.count();
        List<List<Integers>> byLayer = new ArrayList<>();
        List<Optional<Tensor>> biases = new ArrayList<>();
        Set<List<Integer>> codes = new HashSet<>();
        boolean integer = true;
        boolean plain = true;
        for (int i = 0; i < count; i++) {
            Optional<QuantizedLayer> form = layers.form(i);
            biases.add(layers.bias(i, form));
            List<Integers> segments = new ArrayList<>();
            if (form.isPresent() && form.get().segments().get(0).integerWeight()) {
                for (Segment segment : form.get().segments()) {
                    segments.add(Integers.of(segment, vnni));
                    codes.add(List.of(segment.code().bits(), segment.code().group()));
                }
            }
            byLayer.add(segments);
            integer &= !segments.isEmpty() && segments.size() == byLayer.get(0).size();
            plain &= segments.size() == 1 && form.orElseThrow().readsAsIs();
        }
        List<Integers> joined = new ArrayList<>();
        for (int s = 0; integer && s < byLayer.get(0).size(); s++) {
            int segment = s;
            // Codes of several kinds are multiplied as the integers they stand for.
            joined.add(
                    Integers.join(byLayer.stream().map(all -> all.get(segment)).toList(), codes.size() == 1));
        }
        return new LayerFacts(layers.bias(biases), plain, joined);
    }

    /**
     * Integers of input channels {@code [from, to)}.
     *
     * @param elements of the weight
     * @param bits of its codes
     * @param weightScales one an output
     * @param resultScales what a sum is multiplied by, one an output; null where the input is in float
     * @param zeroPoint of the input, 0 where it is in float
     * @param halved whether they have to be multiplied in two halves
     */
    record Integers(
            int from,
            int to,
            long elements,
            int bits,
            float[] weightScales,
            float[] resultScales,
            int zeroPoint,
            boolean halved) {
        static Integers of(Segment segment, boolean vnni) {
            boolean quantizedInput = segment.activation().isPresent();
            return new Integers(
                    segment.from(),
                    segment.to(),
                    segment.weight().shape().elements(),
                    segment.code().bits(),
                    segment.weightScale(),
                    quantizedInput ? IntegerLayers.outputScales(segment) : null,
                    quantizedInput ? segment.zeroPoint() : 0,
                    quantizedInput && PairSafeWeights.needed(segment, vnni));
        }

        /** Of layers one after the other. @param alike whether their codes are of one kind */
        private static Integers join(List<Integers> parts, boolean alike) {
            Integers first = parts.get(0);
            if (parts.size() == 1) {
                return first;
            }
            return new Integers(
                    first.from,
                    first.to,
                    parts.stream().mapToLong(Integers::elements).sum(),
                    alike ? first.bits : Byte.SIZE,
                    join(parts, Integers::weightScales),
                    first.resultScales == null ? null : join(parts, Integers::resultScales),
                    first.zeroPoint,
                    parts.stream().anyMatch(Integers::halved));
        }

        private static float[] join(List<Integers> parts, Function<Integers, float[]> what) {
            float[] all = new float[parts.stream().mapToInt(Integers::outputs).sum()];
            int at = 0;
            for (Integers part : parts) {
                System.arraycopy(what.apply(part), 0, all, at, part.outputs());
                at += part.outputs();
            }
            return all;
        }

        int outputs() {
            return weightScales.length;
        }

        /** Outputs {@code [first, last)} of it. */
        Integers outputs(int first, int last) {
            if (first == 0 && last == outputs()) {
                return this;
            }
            return new Integers(
                    from,
                    to,
                    elements / outputs() * (last - first),
                    bits,
                    Arrays.copyOfRange(weightScales, first, last),
                    resultScales == null ? null : Arrays.copyOfRange(resultScales, first, last),
                    zeroPoint,
                    halved);
        }
    }
}
