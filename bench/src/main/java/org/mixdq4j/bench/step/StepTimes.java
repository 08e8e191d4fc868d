package org.mixdq4j.bench.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * How long a network takes to load and to run once.
 *
 * @param weightBytes of weights held, as the executor counts them
 * @param budget empty unless it was asked for
 * @param largest magnitude in the last run's output; not finite where the network's values were not
 */
public record StepTimes(
        double loadSeconds, List<Double> stepSeconds, long weightBytes, double largest, Optional<TimeBudget> budget) {
    /**
     * Loads and runs a network on random inputs.
     *
     * @param quantized empty for FP32
     * @param steps number of runs
     * @param budget whether to run as often again with each step of the program timed
     */
    public static StepTimes measure(
            Component component,
            Optional<QuantizedCheckpoint> quantized,
            NetworkShape shape,
            int steps,
            boolean budget,
            Executor executor) {
        Graph graph = component.graph(shape);
        long start = System.nanoTime();
        try (Network model = NetworkRuns.load(component, quantized, graph, Set.of(), executor)) {
            double load = seconds(start);
            Map<String, Tensor> inputs = RandomInputs.of(graph);
            List<Double> times = new ArrayList<>();
            double largest = 0;
            Optional<TimeBudget> found = Optional.empty();
            try (Session session = model.session()) {
                inputs.forEach(session::set);
                for (int i = 0; i < steps; i++) {
                    start = System.nanoTime();
                    Map<String, Tensor> outputs = session.run();
                    times.add(seconds(start));
                    largest = largest(outputs);
                }
                if (budget) {
                    found = model.lowered().map(network -> TimeBudget.measure(network, session, steps));
                }
            }
            return new StepTimes(load, List.copyOf(times), model.weightBytes(), largest, found);
        }
    }

    private static double largest(Map<String, Tensor> outputs) {
        double largest = 0;
        for (Tensor output : outputs.values()) {
            for (float value : output.toFloatArray()) {
                largest = Float.isFinite(value) ? Math.max(largest, Math.abs(value)) : Double.NaN;
            }
        }
        return largest;
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) * 1e-9;
    }
}
