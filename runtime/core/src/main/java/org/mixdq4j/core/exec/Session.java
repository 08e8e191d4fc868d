package org.mixdq4j.core.exec;

import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Inputs of a network that stay where they are from one run to the next, and the memory to run it in. Not for use by several
 * threads at once; must be closed before its network.
 */
public interface Session extends AutoCloseable {
    /**
     * Gives an input its value for all runs until it is set again. The value is copied.
     *
     * @param input name of a graph input
     * @param tensor of the declared type and shape
     * @throws IllegalArgumentException if there is no such input, or it has another type or shape
     */
    void set(String input, Tensor tensor);

    /** All outputs of the graph, by output name. */
    Map<String, Tensor> run();

    /**
     * Computes what the wanted outputs need and nothing else.
     *
     * @param wanted output names
     * @return fresh tensors the caller owns, by output name
     * @throws IllegalArgumentException if there is no such output, or an input that it needs is not set
     */
    Map<String, Tensor> run(Set<String> wanted);

    @Override
    void close();
}
