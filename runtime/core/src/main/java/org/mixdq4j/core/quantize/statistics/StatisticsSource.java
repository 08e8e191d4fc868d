package org.mixdq4j.core.quantize.statistics;

import java.util.Set;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.progress.Progress;

/** Where a stage has its activation statistics from. */
@FunctionalInterface
public interface StatisticsSource {
    /** A pass over the set, each time it is asked. */
    StatisticsSource COLLECTED = (graph, keys, momentum, batch, model, set, progress) ->
            new StatisticsCollector(graph, keys, momentum, batch, set).collect(model, progress);

    /**
     * @param momentum weight of the past in the running min-max
     * @param batch rows a batch of the running min-max
     * @param model the network in float
     */
    ActivationStatistics collect(
            Graph graph,
            Set<StatisticsKey> keys,
            double momentum,
            int batch,
            Instrumented model,
            CalibrationSet set,
            Progress progress);
}
