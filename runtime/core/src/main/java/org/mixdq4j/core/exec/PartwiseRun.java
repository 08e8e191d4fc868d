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
 * A network as parts that run one after the other: each compiled when its turn comes and closed right after, so that only a
 * part of the weights is in memory at a time, or all of them kept. Where the network is cut depends on it alone, so both give
 * the same bits, whatever an executor fuses within a part.
 */
public final class PartwiseRun {
    private final Executor executor;
    private final Graph graph;
    private final List<Graph> parts;

    /** @param elements of parameters in a part, as far as single nodes are not larger */
    public PartwiseRun(Executor executor, Graph graph, long elements) {
        this.executor = executor;
        this.graph = graph;
        this.parts = GraphParts.of(graph, new LinkedHashSet<>(graph.outputs().values()), elements);
    }

    /** Sees what is in memory. */
    @FunctionalInterface
    public interface Watcher {
        /** Called when a part is loaded. @param part from 1 @param bytes its weights take */
        void loaded(int part, int parts, long bytes);
    }

    /**
     * The network with all parts in memory.
     *
     * @param weights as for {@link Executor#compile}
     * @param quantized as for {@link Executor#load}
     */
    public Network keep(WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        if (parts.size() == 1) {
            // One part is the whole, but for the names of its outputs.
            return executor.compile(graph, weights, quantized, numerics);
        }
        List<Network> networks = new ArrayList<>();
        try {
            for (Graph part : parts) {
                networks.add(compile(part, weights, quantized, numerics));
            }
        } catch (RuntimeException | Error e) {
            networks.forEach(Network::close);
            throw e;
        }
        return new NetworkOfParts(graph, networks);
    }

    /**
     * Outputs of the network by name, for each call. All calls go through a part before the next is loaded; parts that the
     * wanted outputs do not need are not.
     *
     * @param weights as for {@link Executor#load}; read part by part
     * @param quantized as for {@link Executor#load}
     * @param calls graph inputs by name
     * @param wanted output names
     */
    public List<Map<String, Tensor>> run(
            WeightSource weights,
            QuantizedLayers quantized,
            Numerics numerics,
            List<Map<String, Tensor>> calls,
            Set<String> wanted,
            Watcher watcher) {
        List<Set<String>> needed = needed(graph, parts, wanted);
        List<Map<String, Tensor>> values = new ArrayList<>();
        calls.forEach(call -> values.add(new LinkedHashMap<>(call)));
        for (int i = 0; i < parts.size(); i++) {
            if (needed.get(i).isEmpty()) {
                continue;
            }
            try (Network model = compile(parts.get(i), weights, quantized, numerics)) {
                watcher.loaded(i + 1, parts.size(), model.weightBytes());
                for (Map<String, Tensor> known : values) {
                    known.putAll(model.run(known, needed.get(i)));
                }
            }
            Set<String> later = new HashSet<>(ids(graph, wanted));
            for (int next = i + 1; next < parts.size(); next++) {
                later.addAll(parts.get(next).inputs().keySet());
            }
            values.forEach(known -> known.keySet().retainAll(later));
        }
        return values.stream().map(known -> outputs(graph, known, wanted)).toList();
    }

    private Network compile(Graph part, WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
        Set<String> others = new HashSet<>(quantized.ids());
        others.removeIf(part::contains);
        return executor.compile(part, weights, quantized.without(others), numerics);
    }

    private static Set<String> ids(Graph graph, Set<String> wanted) {
        Set<String> ids = new HashSet<>();
        wanted.forEach(name -> ids.add(graph.outputs().get(name)));
        return ids;
    }

    /** What each part has to compute for some outputs, by id. Parts may compute more for one of these: a part is a whole. */
    static List<Set<String>> needed(Graph graph, List<Graph> parts, Set<String> wanted) {
        Set<String> read = ids(graph, wanted);
        List<Set<String>> needed = new ArrayList<>();
        for (int i = parts.size() - 1; i >= 0; i--) {
            Set<String> own = new LinkedHashSet<>(parts.get(i).outputs().keySet());
            own.retainAll(read);
            needed.add(0, own);
            if (!own.isEmpty()) {
                read.addAll(parts.get(i).inputs().keySet());
            }
        }
        return needed;
    }

    /** Values by id to outputs by name. */
    static Map<String, Tensor> outputs(Graph graph, Map<String, Tensor> values, Set<String> wanted) {
        Map<String, Tensor> named = new LinkedHashMap<>();
        wanted.forEach(name -> named.put(name, values.get(graph.outputs().get(name))));
        return named;
    }
}
