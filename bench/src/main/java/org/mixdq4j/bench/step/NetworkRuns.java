package org.mixdq4j.bench.step;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphParts;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** All that the benchmarks ask of an executor. */
public final class NetworkRuns {
    /** Weights in memory at a time where a network is run part by part: 1 GiB in FP32. */
    private static final long PART_ELEMENTS = 1L << 28;

    private NetworkRuns() {}

    /** Loads a component. @param quantized empty for FP32. @param steady inputs that stay as they are from run to run */
    static Network load(
            Component component,
            Optional<QuantizedCheckpoint> quantized,
            Graph graph,
            Set<String> steady,
            Executor executor) {
        if (quantized.isPresent()) {
            return executor.compile(
                    graph,
                    steady,
                    quantized.get().floatWeights(),
                    quantized.get().layers(),
                    Numerics.INTEGER);
        }
        try (SafetensorsFolder files = SafetensorsFolder.open(component.folder())) {
            return executor.compile(
                    graph, steady, CheckpointNames.adapt(files, graph), QuantizedLayers.NONE, Numerics.INTEGER);
        }
    }

    /** A network that is loaded, with a session and what runs it. */
    public static final class Held implements AutoCloseable {
        private final Executor executor;
        private final Network network;
        private final Session session;

        private Held(Executor executor, Network network) {
            this.executor = executor;
            this.network = network;
            this.session = network.session();
        }

        /** Of device and libraries. */
        public String description() {
            return executor.description();
        }

        /** Runs with the inputs that are set. */
        public Map<String, Tensor> run() {
            return session.run();
        }

        public void set(Map<String, Tensor> inputs) {
            inputs.forEach(session::set);
        }

        @Override
        public void close() {
            session.close();
            network.close();
            executor.close();
        }
    }

    /**
     * Loads a component on the executor that is best for it.
     *
     * @param quantized empty for FP32
     * @param steady inputs that stay as they are from run to run
     * @param pytorch whether it is to be run by PyTorch's operators, as they are
     */
    public static Held hold(
            Component component,
            Optional<QuantizedCheckpoint> quantized,
            Graph graph,
            Set<String> steady,
            boolean pytorch) {
        Set<String> layers =
                quantized.map(checkpoint -> checkpoint.layers().ids()).orElse(Set.of());
        Executor executor = pytorch ? Executors.instrumented() : Executors.best(graph, layers, Numerics.INTEGER);
        try {
            return new Held(executor, load(component, quantized, graph, steady, executor));
        } catch (RuntimeException | Error e) {
            executor.close();
            throw e;
        }
    }

    /** Shows values of a network in float to an observer, call by call in each part, with a part of the weights in memory. */
    static void observe(
            Graph graph,
            WeightSource weights,
            List<Map<String, Tensor>> calls,
            InstrumentedExecutor executor,
            Observer observer,
            Progress progress) {
        List<Graph> parts = GraphParts.of(graph, new HashSet<>(graph.outputs().values()), PART_ELEMENTS);
        List<Map<String, Tensor>> values = new ArrayList<>();
        calls.forEach(call -> values.add(new LinkedHashMap<>(call)));
        progress.begin("running in float, in parts", parts.size());
        for (int i = 0; i < parts.size(); i++) {
            Graph part = parts.get(i);
            try (Instrumented model = executor.compile(part, weights)) {
                for (Map<String, Tensor> known : values) {
                    known.putAll(model.run(known, part.outputs().keySet(), observer));
                }
            }
            Set<String> needed = new HashSet<>();
            parts.subList(i + 1, parts.size())
                    .forEach(later -> needed.addAll(later.inputs().keySet()));
            values.forEach(known -> known.keySet().retainAll(needed));
            progress.at(i + 1);
        }
        progress.end();
    }
}
