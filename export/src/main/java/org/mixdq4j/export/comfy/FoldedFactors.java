package org.mixdq4j.export.comfy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Factors of balanced layers that the LayerNorm before them can make: {@code (x * w + b) * f = x * (w * f) + (b * f)}. It has to be
 * affine, and all that reads it has to read it with the same factors.
 *
 * @param norms id of a norm to the factors of its outputs
 * @param layers ids of the layers that need none of their own then
 */
record FoldedFactors(Map<String, float[]> norms, Set<String> layers) {
    /**
     * @param quantized the layers as they are
     * @param foldable whether a layer can be written if its factors are gone
     */
    static FoldedFactors of(Graph graph, QuantizedLayers quantized, Predicate<String> foldable) {
        Map<String, List<Node>> readers = new LinkedHashMap<>();
        graph.nodes()
                .forEach(node -> node.inputs().forEach(input -> readers.computeIfAbsent(input, any -> new ArrayList<>())
                        .add(node)));
        Map<String, float[]> norms = new LinkedHashMap<>();
        Set<String> layers = new LinkedHashSet<>();
        for (Node norm : graph.nodes()) {
            List<Node> reading = readers.getOrDefault(norm.id(), List.of());
            boolean can = norm.op() instanceof LayerNorm op
                    && op.affine()
                    && !reading.isEmpty()
                    && !graph.outputs().containsValue(norm.id())
                    && reading.stream().allMatch(reader -> foldable.test(reader.id()));
            if (can) {
                common(reading, quantized).ifPresent(factors -> {
                    norms.put(norm.id(), factors);
                    reading.forEach(reader -> layers.add(reader.id()));
                });
            }
        }
        return new FoldedFactors(norms, layers);
    }

    static FoldedFactors none() {
        return new FoldedFactors(Map.of(), Set.of());
    }

    private static Optional<float[]> common(List<Node> reading, QuantizedLayers quantized) {
        Optional<float[]> first = quantized.get(reading.get(0).id()).inputMultiplier();
        return first.filter(factors -> reading.stream().skip(1).allMatch(reader -> quantized
                .get(reader.id())
                .inputMultiplier()
                .filter(other -> Arrays.equals(factors, other))
                .isPresent()));
    }

    /** Whether a parameter is one of a norm that makes factors. */
    boolean holds(String parameter) {
        return norms.containsKey(norm(parameter));
    }

    private static String norm(String parameter) {
        return parameter.substring(0, parameter.lastIndexOf('.'));
    }

    /** A norm's weight or bias with the factors in it, in F32: rounded to 16 bits it would not be what the checkpoint computes. */
    Tensor into(String parameter, Tensor stored) {
        float[] values = stored.toFloatArray();
        float[] factors = norms.get(norm(parameter));
        for (int i = 0; i < values.length; i++) {
            values[i] *= factors[i];
        }
        return Tensor.of(stored.shape(), values);
    }
}
