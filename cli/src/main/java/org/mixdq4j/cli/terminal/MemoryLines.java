package org.mixdq4j.cli.terminal;

import java.io.PrintStream;
import org.mixdq4j.core.pipeline.MemoryWatcher;

/** A line whenever weights come into memory, and when they are gone. */
public final class MemoryLines implements MemoryWatcher {
    private final PrintStream out;

    public MemoryLines(PrintStream out) {
        this.out = out;
    }

    @Override
    public void loaded(String component, int part, int parts, long bytes) {
        String which = parts == 1 ? component : component + " part " + part + " of " + parts;
        out.println("mixdq: in memory: " + which + (bytes > 0 ? ", " + Units.bytes(bytes) : ""));
    }

    @Override
    public void released(String component) {
        out.println("mixdq: released: " + component);
    }
}
