package org.mixdq4j.core.pipeline;

/**
 * Sees what a pipeline holds in memory, which then holds one thing at a time: a text encoder or a part of it, the noise
 * predictor, the decoder.
 */
public interface MemoryWatcher {
    /**
     * Called when weights are in memory.
     *
     * @param component folder name
     * @param part from 1
     * @param parts how many the component is loaded in, one after the other
     * @param bytes its weights take; 0 if not known
     */
    void loaded(String component, int part, int parts, long bytes);

    /** Called when nothing of a component is in memory any more. */
    void released(String component);
}
