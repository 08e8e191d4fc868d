package org.mixdq4j.core.exec;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphParts;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * Runs a network part by part, so that only a part of its weights is in memory at a time. Several calls go through each
 * part before the next is loaded. Every node computes what it would in one piece, so the results are the same to the bit.
 */
public final class PartwiseRun {
    private final Executor executor;
    private final long elements;

    /** @param elements of parameters that are in memory at a time, as far as single nodes are not larger */
    public PartwiseRun(Executor executor, long elements) {
        this.executor = executor;
        this.elements = elements;
    }

    /** Sees what is in memory. */
    @FunctionalInterface
    public interface Watcher {
        /** Called when a part is loaded. @param part from 1 @param bytes its weights take */
        void loaded(int part, int parts, long bytes);
    }

    /**
     * Outputs of the network by name, for each call.
     *
     * @param weights as for {@link Executor#load}; read part by part
     * @param quantized as for {@link Executor#load}
     * @param calls graph inputs by name
     * @param wanted output names
     */
    public List<Map<String, Tensor>> run(
            Graph graph,
            WeightSource weights,
            QuantizedLayers quantized,
            Numerics numerics,
            List<Map<String, Tensor>> calls,
            Set<String> wanted,
            Watcher watcher) {
        Set<String> ids = new LinkedHashSet<>();
        wanted.forEach(name -> ids.add(graph.outputs().get(name)));
        List<Graph> parts = GraphParts.of(graph, ids, elements);
        List<Map<String, Tensor>> values = new ArrayList<>();
        calls.forEach(call -> values.add(new LinkedHashMap<>(call)));
        for (int i = 0; i < parts.size(); i++) {
            Graph part = parts.get(i);
            Set<String> others = new HashSet<>(quantized.ids());
            others.removeIf(part::contains);
            try (Network model = executor.compile(part, weights, quantized.without(others), numerics)) {
                watcher.loaded(i + 1, parts.size(), model.weightBytes());
                for (Map<String, Tensor> known : values) {
                    known.putAll(model.run(known));
                }
            }
            Set<String> needed = new HashSet<>(ids);
            parts.subList(i + 1, parts.size())
                    .forEach(later -> needed.addAll(later.inputs().keySet()));
            values.forEach(known -> known.keySet().retainAll(needed));
        }
        List<Map<String, Tensor>> outputs = new ArrayList<>();
        for (Map<String, Tensor> known : values) {
            Map<String, Tensor> named = new LinkedHashMap<>();
            wanted.forEach(name -> named.put(name, known.get(graph.outputs().get(name))));
            outputs.add(named);
        }
        return outputs;
    }
}
