package org.mixdq4j.cli.command;

import org.mixdq4j.calib.statistics.StatisticsCollector;
import org.mixdq4j.core.calibration.StatisticsSource;

/** Where stages that may not know each other are put together. */
public final class Stages {
    private Stages() {}

    /** calib's statistics for ptq. */
    public static StatisticsSource statistics() {
        return (graph, keys, momentum, batch, model, set, progress) ->
                new StatisticsCollector(graph, keys, momentum, batch).collect(model, set, progress);
    }
}
