package org.mixdq4j.core.quantize.statistics;

import java.nio.DoubleBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Statistics of the inputs of all layers over a calibration set, as an artefact: one safetensors file with, per key,
 * {@code <key>/range} F64 [count, min, max, running min, running max, histogram limit], {@code <key>/histogram} I64 and
 * {@code <key>/bucket_channel_min} and {@code <key>/bucket_channel_max} F32 [buckets, channels]; besides
 * {@code timestep_buckets} F64 [buckets, 2], the least and the greatest timestep of each bucket.
 */
public final class ActivationStatistics {
    private static final String IDENTITY = "identity";
    private static final String BUCKETS = "timestep_buckets";
    private static final String MIN = "/bucket_channel_min";
    private static final String MAX = "/bucket_channel_max";
    private final Map<StatisticsKey, TensorStatistics> entries;
    private final TimestepBuckets buckets;

    /** Of one bucket. */
    public ActivationStatistics(Map<StatisticsKey, TensorStatistics> entries) {
        this(entries, TimestepBuckets.whole());
    }

    /** @param buckets those of all entries */
    public ActivationStatistics(Map<StatisticsKey, TensorStatistics> entries, TimestepBuckets buckets) {
        this.entries = new LinkedHashMap<>(entries);
        this.buckets = buckets;
    }

    public TimestepBuckets buckets() {
        return buckets;
    }

    /** @throws MixdqException if there are none for the key */
    public TensorStatistics get(StatisticsKey key) {
        TensorStatistics found = entries.get(key);
        if (found == null) {
            throw new MixdqException("The activation statistics hold nothing for " + key
                    + "; they are of another model or scheme: delete them and run 'mixdq ptq' again.");
        }
        return found;
    }

    public Map<StatisticsKey, TensorStatistics> entries() {
        return Map.copyOf(entries);
    }

    /** @param identity digest of what determines the statistics */
    public void write(Path file, String identity) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Tensor timesteps = Tensor.zeros(DType.F64, Shape.of(buckets.count(), 2));
        DoubleBuffer ends = timesteps.buffer().asDoubleBuffer();
        buckets.ranges().forEach(bucket -> ends.put(bucket.least()).put(bucket.most()));
        tensors.put(BUCKETS, timesteps);
        entries.forEach((key, s) -> {
            Tensor range = Tensor.zeros(DType.F64, Shape.of(6));
            double[] values = {
                s.count(),
                s.min(),
                s.max(),
                s.runningMin(),
                s.runningMax(),
                s.histogram().limit()
            };
            range.buffer().asDoubleBuffer().put(values);
            tensors.put(key + "/range", range);
            tensors.put(
                    key + "/histogram",
                    Tensor.ofLongs(Shape.of(Histogram.BINS), s.histogram().counts()));
            tensors.put(key + MIN, rows(s.bucketMin()));
            tensors.put(key + MAX, rows(s.bucketMax()));
        });
        SafetensorsWriter.write(file, tensors, Map.of(IDENTITY, identity));
    }

    /** The statistics in {@code file} if it is whole and carries this identity. */
    public static Optional<ActivationStatistics> read(Path file, String identity) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            if (!identity.equals(tensors.metadata().get(IDENTITY))) {
                return Optional.empty();
            }
            DoubleBuffer ends = tensors.tensor(BUCKETS).buffer().asDoubleBuffer();
            List<TimestepBuckets.Range> ranges = new ArrayList<>();
            while (ends.hasRemaining()) {
                ranges.add(new TimestepBuckets.Range(ends.get(), ends.get()));
            }
            Map<StatisticsKey, TensorStatistics> entries = new LinkedHashMap<>();
            for (String name : tensors.names()) {
                if (name.endsWith("/range")) {
                    String key = name.substring(0, name.length() - "/range".length());
                    entries.put(StatisticsKey.parse(key), restore(tensors, key));
                }
            }
            return Optional.of(new ActivationStatistics(entries, new TimestepBuckets(ranges)));
        } catch (MixdqException damaged) {
            // Derived data: what cannot be read is collected again.
            return Optional.empty();
        }
    }

    private static TensorStatistics restore(SafetensorsFile tensors, String key) {
        double[] range = new double[6];
        tensors.tensor(key + "/range").buffer().asDoubleBuffer().get(range);
        return new TensorStatistics(
                (long) range[0],
                (float) range[1],
                (float) range[2],
                range[3],
                range[4],
                new Histogram(tensors.tensor(key + "/histogram").toLongArray(), range[5]),
                rows(tensors.tensor(key + MIN)),
                rows(tensors.tensor(key + MAX)));
    }

    private static Tensor rows(float[][] values) {
        Tensor[] rows = Arrays.stream(values)
                .map(row -> Tensor.of(Shape.of(1, row.length), row))
                .toArray(Tensor[]::new);
        return Tensor.stack(rows);
    }

    private static float[][] rows(Tensor values) {
        return IntStream.range(0, values.shape().dim(0))
                .mapToObj(row -> values.slice(row, row + 1).toFloatArray())
                .toArray(float[][]::new);
    }
}
