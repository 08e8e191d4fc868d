package org.mixdq4j.sensitivity;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsSource;

/** Calibration sets of the tiny model and statistics over them, each made once for all tests. */
public final class PreparedSets {
    private static final int SIZE = 40;
    private static final Path PREPARED = Path.of("target/prepared").toAbsolutePath();

    private static InstrumentedExecutor executor;
    private static final Map<String, CalibrationSet> SETS = new HashMap<>();
    private static final Map<String, ActivationStatistics> STATISTICS = new HashMap<>();

    private PreparedSets() {}

    /** One for all tests; not to be closed. */
    public static synchronized InstrumentedExecutor executor() {
        if (executor == null) {
            executor = Executors.instrumented();
        }
        return executor;
    }

    public static Graph graph() {
        return TinyModel.graph(SIZE);
    }

    /** Three samples of one step, without guidance; two a shard. */
    public static CalibrationSet calibration() {
        return calibration("calib", new TinyModel.Settings(SIZE, 3, 1, 0));
    }

    /** One sample of two steps, each with the negative and the positive side. */
    public static CalibrationSet guided() {
        return calibration("guided", new TinyModel.Settings(SIZE, 1, 2, 3));
    }

    private static synchronized CalibrationSet calibration(String name, TinyModel.Settings how) {
        return SETS.computeIfAbsent(name, key -> TinyModel.calibrate(PREPARED.resolve(name), executor(), how));
    }

    /** Gathers statistics of a set once. */
    public static StatisticsSource statistics() {
        return (graph, keys, momentum, batch, model, set, progress) -> {
            synchronized (STATISTICS) {
                return STATISTICS.computeIfAbsent(
                        set.digest(), digest -> TinyModel.statistics(graph, keys, momentum, model, set));
            }
        };
    }
}
