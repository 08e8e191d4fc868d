package org.mixdq4j.core.exec;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A graph with its weights, ready to run. Holds native memory until closed; must be closed before what it was planned from.
 *
 * <p>One thread at a time runs any of its sessions, unless the implementation allows more ({@link Instrumented}).
 */
public interface Network extends AutoCloseable {
    Graph graph();

    /** A new session without inputs. */
    Session session();

    /** All outputs of the graph, by output name. */
    default Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, graph().outputs().keySet());
    }

    /**
     * One run in a session of its own.
     *
     * @param inputs by graph input; others are ignored
     * @param wanted output names
     * @return fresh tensors the caller owns, by output name
     * @throws IllegalArgumentException as {@link Session#set} and {@link Session#run} do
     */
    default Map<String, Tensor> run(Map<String, Tensor> inputs, Set<String> wanted) {
        try (Session session = session()) {
            inputs.forEach((name, tensor) -> {
                if (graph().inputs().containsKey(name)) {
                    session.set(name, tensor);
                }
            });
            return session.run(wanted);
        }
    }

    /**
     * Bytes of memory that weights take as long as this and what it was planned from are open: float parameters, integers
     * in the form they are held in, their scales and multipliers, and biases. Scratch memory, such as for weights that are
     * expanded at each use, comes on top. 0 where it is not known.
     */
    default long weightBytes() {
        return 0;
    }

    /** The program it runs; empty where it was not lowered. */
    default Optional<ProgramNetwork> lowered() {
        return Optional.empty();
    }

    @Override
    void close();
}
