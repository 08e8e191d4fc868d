package org.mixdq4j.core.exec;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;

/** One run with its values kept. Holds native memory until closed; must be closed before its model. */
public interface Recording extends AutoCloseable {
    /** A kept value. @param id of a node, a module or a graph input */
    Tensor value(String id);

    /**
     * Runs again as if the given layers were quantized otherwise, computing only values that depend on them and that the
     * wanted ones need. The recording itself does not change.
     *
     * @param changes layer id to its quantized form (computed as by {@link Execution#SIMULATED}), or empty for float
     * @param wanted ids of nodes or modules
     */
    Map<String, Tensor> rerun(Map<String, Optional<QuantizedLayer>> changes, Set<String> wanted);

    /** Nodes computed by all re-runs so far. */
    long nodesEvaluated();

    @Override
    void close();
}
