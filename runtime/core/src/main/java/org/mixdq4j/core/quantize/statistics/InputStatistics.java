package org.mixdq4j.core.quantize.statistics;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Gathers statistics of what layers read while a network runs, whatever it is run on. Layers that read the same channels of the
 * same value share one count of it. As an observer it takes each value for a batch of its own, of the one bucket there is.
 */
public final class InputStatistics implements Observer {
    private final TimestepBuckets buckets;
    private final Map<StatisticsKey, TensorStatistics> byKey = new LinkedHashMap<>();
    private final Map<String, Map<Channels, TensorStatistics>> byValue = new HashMap<>();

    /** Channels of a value, whoever reads them. */
    private record Channels(int axis, int from, int to, boolean withoutFirstToken) {}

    /** @param keys what is wanted */
    public InputStatistics(Graph graph, Collection<StatisticsKey> keys) {
        this(graph, keys, TimestepBuckets.whole());
    }

    /** @param buckets of the timesteps that values are seen at */
    InputStatistics(Graph graph, Collection<StatisticsKey> keys, TimestepBuckets buckets) {
        this.buckets = buckets;
        for (StatisticsKey key : keys) {
            Node node = graph.node(key.layer());
            Channels channels = new Channels(node.layer().inputAxis(), key.from(), key.to(), key.withoutFirstToken());
            byKey.put(
                    key,
                    byValue.computeIfAbsent(node.inputs().get(0), id -> new LinkedHashMap<>())
                            .computeIfAbsent(channels, c -> new TensorStatistics(c.to() - c.from(), buckets.count())));
        }
    }

    @Override
    public boolean watches(String id) {
        return byValue.containsKey(id);
    }

    @Override
    public void observe(String id, Tensor value) {
        add(0, id, value);
        byValue.get(id).values().forEach(statistics -> statistics.endBatch(0));
    }

    /**
     * Adds a value that is watched.
     *
     * @throws IllegalArgumentException if a number that counts is NaN or infinite
     */
    void add(int bucket, String id, Tensor value) {
        float[] values = value.toFloatArray();
        byValue.get(id).forEach((channels, statistics) -> add(bucket, channels, statistics, values, value.shape()));
    }

    private static void add(int bucket, Channels channels, TensorStatistics statistics, float[] values, Shape shape) {
        int axis = shape.axis(channels.axis());
        int inner = 1;
        for (int i = axis + 1; i < shape.rank(); i++) {
            inner *= shape.dim(i);
        }
        int group = channels.withoutFirstToken() ? shape.dim(1) : 1;
        int skipped = channels.withoutFirstToken() ? 1 : 0;
        statistics.add(bucket, values, shape.dim(axis), inner, channels.from(), channels.to(), skipped, group);
    }

    /** Ends a batch of the running min-max of all values. @param momentum weight of the past */
    void endBatch(double momentum) {
        byValue.values().forEach(each -> each.values().forEach(statistics -> statistics.endBatch(momentum)));
    }

    /** What was seen so far. */
    public ActivationStatistics statistics() {
        return new ActivationStatistics(byKey, buckets);
    }
}
