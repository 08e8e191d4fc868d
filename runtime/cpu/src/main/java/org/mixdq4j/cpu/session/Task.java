package org.mixdq4j.cpu.session;

/**
 * A step bound to its memory, ready to run again and again. Made when a network is planned: running it allocates nothing.
 */
public interface Task extends AutoCloseable {
    void run();

    /** Releases native memory other than the arena's. */
    @Override
    default void close() {}
}
