package org.mixdq4j.bitalloc.solve;

import com.google.ortools.Loader;
import org.mixdq4j.core.error.MixdqException;

/** The native library of OR-Tools, loaded at most once. */
final class Natives {
    private static final Natives SHARED = new Natives(Loader::loadNativeLibraries);

    private final Runnable loader;
    private boolean loaded;

    Natives(Runnable loader) {
        this.loader = loader;
    }

    /** @throws MixdqException if the library cannot be loaded on this machine */
    static void load() {
        SHARED.loadOnce();
    }

    synchronized void loadOnce() {
        if (loaded) {
            return;
        }
        try {
            loader.run();
        } catch (RuntimeException | LinkageError e) {
            String reason = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
            throw new MixdqException(
                    "the solver OR-Tools cannot be loaded (" + reason + "); it needs Linux on x86-64 with glibc and a"
                            + " temporary folder that may hold programs (set -Djava.io.tmpdir to one)",
                    e);
        }
        loaded = true;
    }
}
