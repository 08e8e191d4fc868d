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

    /** The type of 16 bits for floats between steps; F32 where all of them stay in F32. */
    DType half();

    /** Whether the step may read this view as {@link #half()}. Queries, keys and values are halved together or not at all. */
    default boolean readsHalf(Step step, View view) {
        return false;
    }

    /** Whether the step may write its floats as {@link #half()}. */
    default boolean writesHalf(Step step) {
        return false;
    }

    /** Bytes the place of every value in the arena is a multiple of. */
    int alignment();
}
