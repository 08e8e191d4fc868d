package org.mixdq4j.core.quantize.statistics;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Runs the float network over every row of a calibration set and gathers statistics of what its layers read. Layers that
 * read the same channels of the same value share one count of it.
 */
public final class StatisticsCollector {
    private final Graph graph;
    private final double momentum;
    private final int batchRows;
    private final CalibrationSet set;
    private final List<Double> timesteps;
    private final TimestepBuckets buckets;
    private final Map<StatisticsKey, TensorStatistics> byKey = new LinkedHashMap<>();
    private final Map<String, Map<ValueRange, Watched>> byValue = new HashMap<>();

    /** Channels of a value, whoever reads them. */
    private record ValueRange(int channelAxis, int from, int to, boolean withoutFirstToken) {}

    private record Watched(ValueRange range, TensorStatistics statistics) {}

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
        for (StatisticsKey key : keys) {
            Node node = graph.node(key.layer());
            ValueRange range = new ValueRange(node.layer().inputAxis(), key.from(), key.to(), key.withoutFirstToken());
            Watched watched = byValue.computeIfAbsent(node.inputs().get(0), id -> new LinkedHashMap<>())
                    .computeIfAbsent(
                            range, r -> new Watched(r, new TensorStatistics(r.to() - r.from(), buckets.count())));
            byKey.put(key, watched.statistics());
        }
    }

    /** Gathers. @param model the network in float */
    public ActivationStatistics collect(Instrumented model, Progress progress) {
        progress.begin("activation statistics", set.rowCount());
        long[] rows = {0};
        set.forEachRow(row -> {
            int bucket = buckets.indexOf(timesteps.get(row.step()));
            model.run(row.inputs(), graph.outputs().keySet(), new Gatherer(bucket));
            rows[0]++;
            if (rows[0] % batchRows == 0) {
                endBatch();
            }
            progress.at(rows[0]);
        });
        if (rows[0] % batchRows != 0) {
            endBatch();
        }
        progress.end();
        return new ActivationStatistics(byKey, buckets);
    }

    private void endBatch() {
        byValue.values()
                .forEach(ranges -> ranges.values().forEach(w -> w.statistics().endBatch(momentum)));
    }

    private final class Gatherer implements Observer {
        private final int bucket;

        Gatherer(int bucket) {
            this.bucket = bucket;
        }

        @Override
        public boolean watches(String id) {
            return byValue.containsKey(id);
        }

        @Override
        public void observe(String id, Tensor value) {
            float[] values = value.toFloatArray();
            Shape shape = value.shape();
            for (Watched watched : byValue.get(id).values()) {
                int axis = shape.axis(watched.range().channelAxis());
                int inner = 1;
                for (int i = axis + 1; i < shape.rank(); i++) {
                    inner *= shape.dim(i);
                }
                ValueRange range = watched.range();
                int group = range.withoutFirstToken() ? shape.dim(1) : 1;
                int skipped = range.withoutFirstToken() ? 1 : 0;
                try {
                    watched.statistics()
                            .add(bucket, values, shape.dim(axis), inner, range.from(), range.to(), skipped, group);
                } catch (IllegalArgumentException e) {
                    throw new MixdqException(
                            "The float " + graph.name() + " computed a value that is not finite at '" + id
                                    + "'; its weights or the calibration set are damaged: check them with 'mixdq info'.",
                            e);
                }
            }
        }
    }
}
