package org.mixdq4j.bench.kernel;

import org.mixdq4j.cpu.session.Task;

/**
 * A step to be measured.
 *
 * @param work bytes that are read and written, or operations
 * @param products whether {@code work} is operations
 */
record Kernel(String name, long work, boolean products, Maker maker) {

    /** Makes the step that runs on this memory. */
    interface Maker {
        Task make(Bench bench);
    }
}
