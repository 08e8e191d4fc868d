package org.mixdq4j.core.lower.pass;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;

/** Floats that all steps around them can have in 16 bits are stored so. */
public final class ChooseTypes implements Pass {
    @Override
    public Draft apply(Draft draft, Target target) {
        if (target.half() == DType.F32) {
            return draft;
        }
        Set<Value> halved = halved(draft, target);
        Map<Value, Value> chosen = new HashMap<>();
        halved.forEach(value -> chosen.put(value, new Value(value.id(), value.shape(), target.half())));
        List<Step> steps = draft.steps().stream()
                .map(step -> Steps.map(
                        step,
                        view -> new View(
                                chosen.getOrDefault(view.value(), view.value()),
                                view.shape(),
                                view.offset(),
                                view.strides())))
                .toList();
        return draft.with(steps);
    }

    private static Set<Value> halved(Draft draft, Target target) {
        Set<Value> halved = new HashSet<>();
        draft.steps().forEach(step -> step.writes().stream()
                .map(View::value)
                .filter(value -> value.type() == DType.F32)
                .forEach(halved::add));
        draft.inputs().values().forEach(halved::remove);
        draft.outputs().values().forEach(view -> halved.remove(view.value()));
        for (Step step : draft.steps()) {
            step.reads().stream()
                    .filter(view -> !target.readsHalf(step, view))
                    .forEach(view -> halved.remove(view.value()));
            if (!target.writesHalf(step)) {
                step.writes().forEach(view -> halved.remove(view.value()));
            }
            for (Output output : Steps.outputs(step)) {
                if (output instanceof Output.Levels levels) {
                    levels.rowScales().ifPresent(scales -> halved.remove(scales.value()));
                }
            }
        }
        while (draft.steps().stream().anyMatch(step -> removesOthers(step, halved))) {
            // Until what belongs together is halved together.
        }
        return halved;
    }

    /** Takes out what belongs to a value that is not halved. */
    private static boolean removesOthers(Step step, Set<Value> halved) {
        Set<Value> alike = alike(step);
        return !halved.containsAll(alike) && halved.removeAll(alike);
    }

    /** Values that must have one type. */
    private static Set<Value> alike(Step step) {
        if (step instanceof Attend attend) {
            return Stream.of(attend.query(), attend.key(), attend.value())
                    .map(View::value)
                    .collect(Collectors.toSet());
        }
        return step instanceof Move move ? Set.of(move.from().value(), move.to().value()) : Set.of();
    }
}
