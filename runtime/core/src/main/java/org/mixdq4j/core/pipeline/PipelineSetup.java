package org.mixdq4j.core.pipeline;

import java.util.Optional;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.network.source.ModelSource;

/**
 * What a pipeline is made from.
 *
 * @param height pixels of the pictures
 * @param width pixels of the pictures
 * @param quantized the noise predictor's quantized form, and those of text encoders that lie with it; empty runs all in float
 * @param numerics how quantized layers are computed
 * @param lowMemory given: components are loaded when they are needed, one at a time and text encoders in parts, anew for
 *     the pictures of each call, which changes none; empty: all are loaded at once and kept
 * @param scheduler what leads from noise to pictures
 */
public record PipelineSetup(
        ModelSource model,
        int height,
        int width,
        PromptSettings prompts,
        Optional<QuantizedCheckpoint> quantized,
        Numerics numerics,
        Optional<MemoryWatcher> lowMemory,
        ModelScheduler scheduler) {

    /** With the model's own scheduler. */
    public PipelineSetup(
            ModelSource model,
            int height,
            int width,
            PromptSettings prompts,
            Optional<QuantizedCheckpoint> quantized,
            Numerics numerics,
            Optional<MemoryWatcher> lowMemory) {
        this(model, height, width, prompts, quantized, numerics, lowMemory, ModelScheduler.of(model));
    }

    /** Prompts as the model is made for; everything is kept in memory. */
    public PipelineSetup(
            ModelSource model, int height, int width, Optional<QuantizedCheckpoint> quantized, Numerics numerics) {
        this(
                model,
                height,
                width,
                PromptSettings.of(model, Optional.empty(), false),
                quantized,
                numerics,
                Optional.empty());
    }

    /** How an executor computes it: in the floats it prefers. */
    Numerics numericsOn(Executor executor) {
        return numerics.in(executor.floats());
    }

    /** The same with prompts read otherwise. */
    public PipelineSetup with(PromptSettings otherPrompts) {
        return new PipelineSetup(model, height, width, otherPrompts, quantized, numerics, lowMemory, scheduler);
    }

    /** The same with another scheduler. */
    public PipelineSetup with(ModelScheduler other) {
        return new PipelineSetup(model, height, width, prompts, quantized, numerics, lowMemory, other);
    }

    /** The same that holds one component at a time. */
    public PipelineSetup watchedBy(MemoryWatcher watcher) {
        return new PipelineSetup(model, height, width, prompts, quantized, numerics, Optional.of(watcher), scheduler);
    }
}
