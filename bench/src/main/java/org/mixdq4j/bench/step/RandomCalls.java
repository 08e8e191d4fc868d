package org.mixdq4j.bench.step;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.InputStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * What the layers of a network read and give in a few calls with random inputs: stands in for a calibration set where weights
 * are random too.
 */
public final class RandomCalls {
    private static final int BITS = 8;

    private final InputStatistics inputs;
    private final Map<String, float[]> ends = new HashMap<>();
    private final Set<String> outputs;

    private RandomCalls(Graph graph, Collection<StatisticsKey> keys, Set<String> outputs) {
        this.outputs = outputs;
        this.inputs = new InputStatistics(graph, keys);
    }

    /**
     * Runs the network in float, in parts of 1 GiB of weights.
     *
     * @param keys of what is read
     * @param outputs ids of nodes whose ranges are wanted
     * @param shape of the calls; small ones do, as ranges hardly depend on it
     */
    public static RandomCalls run(
            Component component,
            WeightSource weights,
            Collection<StatisticsKey> keys,
            Set<String> outputs,
            NetworkShape shape,
            int calls,
            Progress progress) {
        Graph graph = component.graph(shape);
        RandomCalls seen = new RandomCalls(graph, keys, outputs);
        if (keys.isEmpty() && outputs.isEmpty()) {
            return seen;
        }
        List<Map<String, Tensor>> given = RandomInputs.calls(graph, calls);
        try (InstrumentedExecutor executor = Executors.instrumented()) {
            NetworkRuns.observe(graph, weights, given, executor, seen.observer(), progress);
        }
        return seen;
    }

    private Observer observer() {
        return new Observer() {
            @Override
            public boolean watches(String id) {
                return inputs.watches(id) || outputs.contains(id);
            }

            @Override
            public void observe(String id, Tensor value) {
                if (inputs.watches(id)) {
                    inputs.observe(id, value);
                }
                if (outputs.contains(id)) {
                    float[] range = ends.computeIfAbsent(id, i -> new float[2]);
                    for (float number : value.toFloatArray()) {
                        range[0] = Math.min(range[0], number);
                        range[1] = Math.max(range[1], number);
                    }
                }
            }
        };
    }

    /** Of what layers read. */
    public ActivationStatistics statistics() {
        return inputs.statistics();
    }

    /** Ranges of what nodes give, in 8 bits. */
    public Map<String, AffineParams> outputRanges() {
        Map<String, AffineParams> ranges = new HashMap<>();
        ends.forEach((id, range) -> ranges.put(id, AffineParams.ofRange(range[0], range[1], BITS)));
        return ranges;
    }
}
