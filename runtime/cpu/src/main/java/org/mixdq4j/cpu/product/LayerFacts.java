package org.mixdq4j.cpu.product;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.Segment;
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
    /** Reads them. @param vnni whether kernels add products in 32 bits */
    static LayerFacts of(JoinedLayers layers, boolean vnni) {
        List<Integers> integers = new ArrayList<>();
        for (int i = 0; i < layers.integerSegments(); i++) {
            integers.add(Integers.of(layers.segment(i), vnni));
        }
        return new LayerFacts(layers.bias(), layers.onePlainSegment(), integers);
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
