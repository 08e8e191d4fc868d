package org.mixdq4j.core.exec;

import java.nio.file.Path;
import java.util.Optional;

/** Loads TorchScript files. Found by {@link java.util.ServiceLoader}; loading one must not load native code. */
public interface ScriptProvider {
    /** Why it cannot run on this machine and what would change that, in one sentence; empty if it can. */
    Optional<String> unavailable();

    /** @throws org.mixdq4j.core.error.MixdqException if the file is missing or no TorchScript, or {@link #unavailable()} */
    Script load(Path file);
}
