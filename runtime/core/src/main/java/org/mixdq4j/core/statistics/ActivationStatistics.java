package org.mixdq4j.core.statistics;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Statistics of the inputs of all layers over a calibration set, as an artefact: one safetensors file with, per key,
 * {@code <key>/range} F64 [count, min, max, running min, running max, histogram limit], {@code <key>/histogram} I64 and
 * {@code <key>/channel_min} and {@code <key>/channel_max} F32.
 */
public final class ActivationStatistics {
    private static final String IDENTITY = "identity";
    private final Map<StatisticsKey, TensorStatistics> entries;

    public ActivationStatistics(Map<StatisticsKey, TensorStatistics> entries) {
        this.entries = new LinkedHashMap<>(entries);
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
            tensors.put(key + "/channel_min", Tensor.of(Shape.of(key.to() - key.from()), s.channelMin()));
            tensors.put(key + "/channel_max", Tensor.of(Shape.of(key.to() - key.from()), s.channelMax()));
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
            Map<StatisticsKey, TensorStatistics> entries = new LinkedHashMap<>();
            for (String name : tensors.names()) {
                if (name.endsWith("/range")) {
                    String key = name.substring(0, name.length() - "/range".length());
                    entries.put(StatisticsKey.parse(key), restore(tensors, key));
                }
            }
            return Optional.of(new ActivationStatistics(entries));
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
                tensors.tensor(key + "/channel_min").toFloatArray(),
                tensors.tensor(key + "/channel_max").toFloatArray());
    }
}
