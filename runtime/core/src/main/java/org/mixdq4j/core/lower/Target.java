package org.mixdq4j.core.lower;

import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;

/** What one backend's steps can do: passes ask it before they fuse. */
public interface Target {
    /** Whether the step, as it is, can do this besides what it does, as the last of its epilogues. */
    boolean fuses(Step step, Epilogue epilogue);

    /** Whether the step can write this besides its other outputs. {@code alone}: in place of its one output of floats. */
    boolean writes(Step step, Output output, boolean alone);

    /** Whether layers that read one input may become one product. */
    boolean mergesProducts();

    /**
     * Whether the step may write its floats over the operand of its {@link Epilogue.Add}, where nothing else reads that
     * operand later.
     */
    default boolean addsInPlace(Step step) {
        return false;
    }

    /** Type of floats between a step that computes them and the steps that read them: F32, or what is kind to memory. */
    DType floats(Value value);

    /** Bytes the place of every value in the arena is a multiple of. */
    int alignment();
}
