package org.mixdq4j.core.quantize.statistics;

import java.util.Collection;
import java.util.List;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Runs the float network over every row of a calibration set and gathers statistics of what its layers read.
 */
public final class StatisticsCollector {
    private final Graph graph;
    private final double momentum;
    private final int batchRows;
    private final CalibrationSet set;
    private final List<Double> timesteps;
    private final TimestepBuckets buckets;
    private final InputStatistics seen;

    /**
     * @param keys what is wanted
     * @param momentum weight of the past in the running min-max
     * @param batchRows rows a batch of the running min-max; fixed by the scheme, whatever memory allows
     * @param set where inputs of the network come from
     */
    public StatisticsCollector(
            Graph graph, Collection<StatisticsKey> keys, double momentum, int batchRows, CalibrationSet set) {
        this.graph = graph;
        this.set = set;
        this.timesteps = set.timesteps();
        this.buckets = TimestepBuckets.of(timesteps);
        this.momentum = momentum;
        this.batchRows = batchRows;
        this.seen = new InputStatistics(graph, keys, buckets);
    }

    /** Gathers. @param model the network in float */
    public ActivationStatistics collect(Instrumented model, Progress progress) {
        progress.begin("activation statistics", set.rowCount());
        long[] rows = {0};
        set.forEachRow(row -> {
            int bucket = buckets.indexOf(timesteps.get(row.step()));
            model.run(row.inputs(), graph.outputs().keySet(), observer(bucket));
            rows[0]++;
            if (rows[0] % batchRows == 0) {
                seen.endBatch(momentum);
            }
            progress.at(rows[0]);
        });
        if (rows[0] % batchRows != 0) {
            seen.endBatch(momentum);
        }
        progress.end();
        return seen.statistics();
    }

    private Observer observer(int bucket) {
        return new Observer() {
            @Override
            public boolean watches(String id) {
                return seen.watches(id);
            }

            @Override
            public void observe(String id, Tensor value) {
                try {
                    seen.add(bucket, id, value);
                } catch (IllegalArgumentException e) {
                    throw new MixdqException(
                            "The float " + graph.name() + " computed a value that is not finite at '" + id
                                    + "'; its weights or the calibration set are damaged: check them with 'mixdq info'.",
                            e);
                }
            }
        };
    }
}
