package org.mixdq4j.core.lower;

import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;

/** Backends at the ends of what can be: one whose steps do nothing besides, and one whose steps do everything. */
public enum Targets implements Target {
    /** Fuses nothing. */
    NONE,
    /** Fuses all that a step can express. */
    ALL;

    private static final int ALIGNMENT = 64;

    @Override
    public boolean fuses(Step step, Epilogue epilogue) {
        return this == ALL && !(step instanceof Normalize && epilogue instanceof Epilogue.GeGlu);
    }

    @Override
    public boolean writes(Step step, Output output, boolean alone) {
        return this == ALL;
    }

    @Override
    public boolean mergesProducts() {
        return this == ALL;
    }

    @Override
    public boolean addsInPlace(Step step) {
        return this == ALL;
    }

    @Override
    public DType half() {
        return DType.F32;
    }

    @Override
    public int alignment() {
        return ALIGNMENT;
    }
}
