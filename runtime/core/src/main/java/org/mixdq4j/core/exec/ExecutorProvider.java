package org.mixdq4j.core.exec;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.Target;

/** Found by {@link java.util.ServiceLoader}; loading one must not load native code. */
public interface ExecutorProvider {
    /** Name users give: {@code cpu}, {@code torch}. */
    String name();

    /** Where several can run, the highest is the default. */
    int rank();

    /** Why it cannot run on this machine and what would change that, in one sentence; empty if it can. */
    Optional<String> unavailable();

    /**
     * Why its executor cannot compute this, and what could be done instead, in one sentence; empty if it can. Asked where it
     * is not {@link #unavailable()}.
     *
     * @param graph of the size wanted
     * @param quantized ids of its quantized layers
     */
    Optional<String> refuses(Graph graph, Set<String> quantized, Numerics numerics);

    /** What its executor's steps can do, where it runs lowered programs: for those who want to see what it runs. */
    default Optional<Target> target() {
        return Optional.empty();
    }

    /** Lines for {@code mixdq doctor}: device, libraries and versions, instruction sets. */
    List<String> describe();

    /** @throws org.mixdq4j.core.error.MixdqException if {@link #unavailable()} */
    Executor create();
}
