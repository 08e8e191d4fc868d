package org.mixdq4j.core.exec;

import java.util.List;
import java.util.Optional;

/** Found by {@link java.util.ServiceLoader}; loading one must not load native code. */
public interface ExecutorProvider {
    /** Name users give: {@code cpu}, {@code cuda}. */
    String name();

    /** Where several can run, the highest is the default. */
    int rank();

    /** Why it cannot run on this machine and what would change that, in one sentence; empty if it can. */
    Optional<String> unavailable();

    /** Lines for {@code mixdq doctor}: device, libraries and versions, instruction sets. */
    List<String> describe();

    /** @throws org.mixdq4j.core.error.MixdqException if {@link #unavailable()} */
    Executor create();
}
