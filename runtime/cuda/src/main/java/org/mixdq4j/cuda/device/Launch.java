package org.mixdq4j.cuda.device;

/** A kernel bound to its arguments, or several. Runs after what was launched before, on the device's one stream. */
public interface Launch extends AutoCloseable {
    void run();

    /** Lets go of what is native; not while it runs. */
    @Override
    default void close() {}
}
