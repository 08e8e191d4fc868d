package org.mixdq4j.core.exec;

import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.tensor.Tensor;

/** A graph with its weights, ready to run. Not for use by several threads at once. Holds native memory until closed. */
public interface CompiledModel extends AutoCloseable {
    Graph graph();

    /** All outputs of the graph, by output name. */
    default Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, graph().outputs().keySet(), Observer.NONE);
    }

    /**
     * Computes what the wanted outputs need and nothing else; each value is freed after its last use.
     *
     * @param inputs one tensor per graph input that is needed, of the declared type and shape
     * @param wanted output names
     * @return fresh tensors the caller owns, by output name
     * @throws IllegalArgumentException if an input is missing or has another type or shape
     */
    Map<String, Tensor> run(Map<String, Tensor> inputs, Set<String> wanted, Observer observer);

    /** Runs the whole graph and keeps its values, so that it can be run again with a layer changed. */
    Recording record(Map<String, Tensor> inputs);

    /**
     * Bytes of memory that weights take as long as this is open: float parameters, integers in the form they are held in,
     * their scales and multipliers, and biases. Scratch memory, such as for weights that are expanded at each use, comes
     * on top. 0 where it is not known.
     */
    default long weightBytes() {
        return 0;
    }

    @Override
    void close();
}
