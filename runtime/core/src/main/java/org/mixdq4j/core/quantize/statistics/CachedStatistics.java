package org.mixdq4j.core.quantize.statistics;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.progress.Progress;

/** Statistics kept in a file beside what is made from them, so that a stopped run does not gather them again. */
public final class CachedStatistics implements StatisticsSource {
    /** Name of the file. */
    public static final String FILE = "activation_statistics.safetensors";

    private final StatisticsSource source;
    private final Path file;

    /** @param folder where the file lies or is to lie */
    public CachedStatistics(StatisticsSource source, Path folder) {
        this.source = source;
        this.file = folder.resolve(FILE);
    }

    @Override
    public ActivationStatistics collect(
            Graph graph,
            Set<StatisticsKey> keys,
            double momentum,
            int batch,
            Instrumented model,
            CalibrationSet set,
            Progress progress) {
        String what = set.digest() + " momentum " + momentum + " batch " + batch + " timesteps "
                + TimestepBuckets.of(set.timesteps()) + " of "
                + keys.stream().map(StatisticsKey::toString).sorted().toList();
        String identity = Sha256.of(what.getBytes(StandardCharsets.UTF_8));
        return ActivationStatistics.read(file, identity).orElseGet(() -> {
            ActivationStatistics collected = source.collect(graph, keys, momentum, batch, model, set, progress);
            collected.write(file, identity);
            return collected;
        });
    }
}
