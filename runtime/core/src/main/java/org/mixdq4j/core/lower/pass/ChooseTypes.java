package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;

/**
 * Floats between steps take the type the target wants. Inputs and outputs of the program stay as they are, scales of rows
 * are F32, and what is copied to or from either keeps its type.
 */
public final class ChooseTypes implements Pass {
    @Override
    public Draft apply(Draft draft, Target target) {
        Set<Value> kept = kept(draft);
        Map<Value, Value> chosen = new HashMap<>();
        List<Step> steps = new ArrayList<>();
        for (Step step : draft.steps()) {
            steps.add(Steps.map(
                    step,
                    view -> new View(
                            chosen.computeIfAbsent(view.value(), value -> choose(value, kept, target)),
                            view.shape(),
                            view.offset(),
                            view.strides())));
        }
        return draft.with(steps);
    }

    private static Value choose(Value value, Set<Value> kept, Target target) {
        boolean free = value.type() == DType.F32 && !kept.contains(value);
        return free ? new Value(value.id(), value.shape(), target.floats(value)) : value;
    }

    private static Set<Value> kept(Draft draft) {
        Set<Value> kept = new HashSet<>(draft.inputs().values());
        draft.outputs().values().forEach(view -> kept.add(view.value()));
        for (Step step : draft.steps()) {
            for (Output output : Steps.outputs(step)) {
                if (output instanceof Output.Levels levels) {
                    levels.rowScales().ifPresent(scales -> kept.add(scales.value()));
                }
            }
        }
        boolean grown = true;
        while (grown) {
            grown = false;
            for (Step step : draft.steps()) {
                if (step instanceof Move move
                        && kept.contains(move.from().value())
                                != kept.contains(move.to().value())) {
                    kept.add(move.from().value());
                    kept.add(move.to().value());
                    grown = true;
                }
            }
        }
        return kept;
    }
}
