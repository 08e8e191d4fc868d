package org.mixdq4j.cuda.bind;

import org.mixdq4j.core.lower.step.Step;

/** Kernels for some steps. Several families may know a kind of step: the first that takes one does it. */
public interface Family {
    /**
     * Plans the launches of a step.
     *
     * @return whether it did; if not, nothing was planned
     */
    boolean plan(Step step, Binder binder);
}
