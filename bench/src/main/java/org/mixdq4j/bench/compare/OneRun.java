package org.mixdq4j.bench.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.bench.step.NetworkRuns;
import org.mixdq4j.bench.step.RandomInputs;
import org.mixdq4j.cli.terminal.Memory;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.pipeline.NetworkInputs;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.Tensor;

/** One contender in a process of its own, so that its peak memory is its own. */
public final class OneRun {
    /** Until then the JVM compiles loops, which takes a processor from the run. */
    private static final double WARM_SECONDS = 5;
    /** A network that is run so often is compiled sooner. */
    private static final int WARM_RUNS = 100;

    private OneRun() {}

    /**
     * Loads a network, runs it once and on for {@link #WARM_SECONDS}, then {@code steps} times on the same random inputs, and leaves
     * the measurements in {@code result} and the outputs beside it.
     *
     * @param quantized folder of the quantized checkpoint, for contenders that read one
     * @param onnx the ONNX file, for contenders that read one
     */
    public static void run(
            Contender contender,
            Component component,
            NetworkShape shape,
            Optional<Path> quantized,
            Optional<Path> onnx,
            int threads,
            int steps,
            Path result) {
        Graph graph = component.graph(shape);
        Map<String, Tensor> inputs = RandomInputs.of(graph);
        Timed timed = new Timed(inputs, steps);
        long start = System.nanoTime();
        if (contender.onnx()) {
            try (OrtNetwork network = OrtNetwork.load(onnx.orElseThrow(), threads)) {
                timed.run(network.description(), start, given -> network.run(given, graph));
            }
        } else {
            try (QuantizedCheckpoint checkpoint =
                            contender.readsCheckpoint() ? component.quantized(quantized.orElseThrow()) : null;
                    NetworkRuns.Held network = NetworkRuns.hold(
                            component,
                            Optional.ofNullable(checkpoint),
                            graph,
                            contender == Contender.MIXDQ_SAME_TEXT ? new NetworkInputs(graph).steady() : Set.of(),
                            contender == Contender.PYTORCH)) {
                network.set(inputs);
                timed.run(network.description(), start, given -> network.run());
            }
        }
        timed.measured().write(result);
        SafetensorsWriter.write(outputs(result), timed.outputs, Map.of());
    }

    /** Where the outputs of a run lie. */
    static Path outputs(Path result) {
        return result.resolveSibling(result.getFileName() + ".safetensors");
    }

    /** Computes outputs. */
    private interface Step {
        Map<String, Tensor> run(Map<String, Tensor> inputs);
    }

    private static final class Timed {
        private final Map<String, Tensor> inputs;
        private final int steps;
        private final List<Double> warm = new ArrayList<>();
        private final List<Double> seconds = new ArrayList<>();
        private String description;
        private double load;
        private Map<String, Tensor> outputs;

        Timed(Map<String, Tensor> inputs, int steps) {
            this.inputs = inputs;
            this.steps = steps;
        }

        void run(String name, long loading, Step step) {
            description = name;
            load = since(loading);
            long first = System.nanoTime();
            do {
                warm.add(time(step));
            } while (since(first) < WARM_SECONDS && warm.size() < WARM_RUNS);
            for (int i = 0; i < steps; i++) {
                seconds.add(time(step));
            }
        }

        private double time(Step step) {
            long start = System.nanoTime();
            outputs = step.run(inputs);
            return since(start);
        }

        private static double since(long start) {
            return (System.nanoTime() - start) * 1e-9;
        }

        Measured measured() {
            return new Measured(
                    description, load, warm.get(0), seconds, Memory.peak().orElse(0));
        }
    }
}
