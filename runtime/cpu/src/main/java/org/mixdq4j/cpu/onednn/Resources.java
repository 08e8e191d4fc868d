package org.mixdq4j.cpu.onednn;

import java.util.ArrayDeque;
import java.util.Deque;

/** Native objects released together, the last one first. */
public final class Resources implements AutoCloseable {
    /** A resource whose release cannot fail. */
    public interface Native extends AutoCloseable {
        @Override
        void close();
    }

    private final Deque<Native> held = new ArrayDeque<>();

    public <T extends Native> T add(T resource) {
        held.push(resource);
        return resource;
    }

    /** Gives up a resource, which the caller releases. */
    public void remove(Native resource) {
        held.remove(resource);
    }

    @Override
    public void close() {
        while (!held.isEmpty()) {
            held.pop().close();
        }
    }
}
