package org.mixdq4j.core.lower.memory;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;

/** Sums that may be written over an operand: it is read for the last time where the sum is made. */
final class InPlace {
    private InPlace() {}

    /** What is written, by order of steps, and over what. */
    static Map<Value, Value> pairs(Draft draft, Lifetimes lifetimes, Target target) {
        Map<Value, Value> pairs = new LinkedHashMap<>();
        List<Step> steps = draft.steps();
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            Optional<View> out = onlyFloats(step);
            if (out.isPresent() && target.addsInPlace(step)) {
                int at = i;
                operand(step)
                        .filter(other -> alike(other, out.get()))
                        .map(View::value)
                        .filter(value -> !lifetimes.pinned(value)
                                && !lifetimes.pinned(out.get().value())
                                && lifetimes.lives().get(value).last() == at
                                && lifetimes.lives().get(out.get().value()).first() == at
                                && timesRead(step, value) == 1)
                        .ifPresent(value -> pairs.put(out.get().value(), value));
            }
        }
        return pairs;
    }

    private static Optional<View> onlyFloats(Step step) {
        List<Output> outputs = step instanceof Product product
                ? product.outputs()
                : step instanceof Pointwise pointwise
                        ? pointwise.outputs()
                        : step instanceof Normalize normalize ? normalize.outputs() : List.of();
        return outputs.size() == 1 && outputs.get(0) instanceof Output.Floats floats
                ? Optional.of(floats.to())
                : Optional.empty();
    }

    private static Optional<View> operand(Step step) {
        List<Epilogue> then = step instanceof Product product
                ? product.then()
                : step instanceof Pointwise pointwise
                        ? pointwise.then()
                        : step instanceof Normalize normalize ? normalize.then() : List.of();
        List<View> sums = then.stream()
                .filter(Epilogue.Add.class::isInstance)
                .map(each -> ((Epilogue.Add) each).other())
                .toList();
        return sums.size() == 1 ? Optional.of(sums.get(0)) : Optional.empty();
    }

    /** Whether both are all of their values, in the same order and type. */
    private static boolean alike(View a, View b) {
        return a.isDense()
                && b.isDense()
                && a.shape().elements() == b.shape().elements()
                && a.value().shape().elements() == a.shape().elements()
                && b.value().shape().elements() == b.shape().elements()
                && a.value().type() == b.value().type();
    }

    private static long timesRead(Step step, Value value) {
        return step.reads().stream().filter(view -> view.value().equals(value)).count();
    }
}
