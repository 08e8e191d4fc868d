package org.mixdq4j.core.exec;

import java.util.Set;
import org.mixdq4j.core.graph.Graph;

/**
 * Weights of a network on a device, for graphs of it in several sizes. A weight is read when the first graph that has it is
 * planned, and held until this is closed, which closes what was planned from it. Not for use by several threads at once.
 */
public interface Loaded extends AutoCloseable {
    /** {@link #plan(Graph, Set)} where any input may change between runs. */
    default Network plan(Graph graph) {
        return plan(graph, Set.of());
    }

    /**
     * Prepares a graph to run. Reads the weights that no graph planned before had.
     *
     * @param steady names of graph inputs that seldom change from one run of a session to the next, such as the text of a
     *     picture: what depends on them alone may be kept. A hint that changes no result
     * @throws org.mixdq4j.core.error.MixdqException if a weight is missing, has another shape than the graph says, or
     *     holds NaN or infinity; if a quantized layer is not of this graph
     */
    Network plan(Graph graph, Set<String> steady);

    @Override
    void close();
}
