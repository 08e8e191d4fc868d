package org.mixdq4j.core.exec;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;

/**
 * One run with its values kept, or as many of them as a budget allows. Holds native memory until closed; must be closed
 * before its model.
 *
 * <p>Not for use by several threads at once. Several recordings of one model may be used at the same time, one thread each,
 * if every layer of the model is in float ({@link Instrumented}). The layers that a re-run changes may be quantized: they
 * are that re-run's own.
 */
public interface Recording extends AutoCloseable {
    /** A value of the run, computed again if it was not kept. @param id of a node, a module or a graph input */
    Tensor value(String id);

    /**
     * Runs again as if the given layers were quantized otherwise, computing of what the wanted values need only those that
     * depend on the changes or were not kept. The recording itself does not change.
     *
     * @param changes layer id to its quantized form (computed as by {@link Arithmetic#SIMULATED}), or empty for float
     * @param wanted ids of nodes or modules
     */
    Map<String, Tensor> rerun(Map<String, Optional<QuantizedLayer>> changes, Set<String> wanted);

    /** Nodes computed since the recording was made: by all re-runs, and for values that were not kept. */
    long nodesEvaluated();

    @Override
    void close();
}
