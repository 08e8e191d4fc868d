package org.mixdq4j.core.lower.pass;

import java.util.Optional;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Step;

/** A step that quantizes one view of floats, and does nothing else. */
record Quantizing(Pointwise step, View from, Output.Levels levels) {
    static Optional<Quantizing> of(Step step) {
        return step instanceof Pointwise p
                        && p.then().isEmpty()
                        && p.inputs().size() == 1
                        && p.outputs().size() == 1
                        && p.outputs().get(0) instanceof Output.Levels levels
                        && levels.from() == 0
                ? Optional.of(new Quantizing(p, p.inputs().get(0), levels))
                : Optional.empty();
    }

    /** Whether a view is all of its value, in order. */
    static boolean isWhole(View view) {
        return view.isDense() && view.shape().elements() == view.value().shape().elements();
    }
}
