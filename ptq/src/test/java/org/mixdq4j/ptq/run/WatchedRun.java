package org.mixdq4j.ptq.run;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quantize.statistics.StatisticsSource;

/** The stage, watched, and stopped where a test says. */
final class WatchedRun implements Progress {
    /** What a stopped run throws. */
    static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private final List<String> stages = new ArrayList<>();
    private final String stopStage;
    private final long stopAfter;
    private int collected;

    /** @param stopStage stage to be stopped in once {@code stopAfter} of its parts are done; empty for none */
    WatchedRun(String stopStage, long stopAfter) {
        this.stopStage = stopStage;
        this.stopAfter = stopAfter;
    }

    WatchedRun() {
        this("", 0);
    }

    PtqSummary run(PtqRequest request, InstrumentedExecutor executor) {
        StatisticsSource source = (graph, keys, momentum, batch, model, set, progress) -> {
            collected++;
            return TinyModel.statistics(graph, keys, momentum, model, set);
        };
        return new PtqRun(request, source, executor, this).run();
    }

    /** Stages begun, with their totals. */
    List<String> stages() {
        return stages;
    }

    /** How often statistics were gathered. */
    int collected() {
        return collected;
    }

    @Override
    public void begin(String stage, long total) {
        stages.add(stage + " " + total);
    }

    @Override
    public void at(long done) {
        if (done == stopAfter && stages.get(stages.size() - 1).startsWith(stopStage + " ")) {
            throw new Stopped();
        }
    }

    @Override
    public void end() {}
}
