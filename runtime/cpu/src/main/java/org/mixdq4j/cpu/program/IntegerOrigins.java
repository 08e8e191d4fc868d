package org.mixdq4j.cpu.program;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;

/**
 * Which values products of integers made, or norms, moves and pointwise steps of such values. Where queries, keys and values
 * of attention are, layers in front of it have lost more than 8 bits lose; a layer that was left in float, on purpose, or a
 * first row that was, keeps its attention in float.
 */
final class IntegerOrigins {
    private final Map<String, Boolean> values = new HashMap<>();

    IntegerOrigins(Program program) {
        for (Step step : program.steps()) {
            // Parameters do not count.
            boolean integer = step instanceof Load || integer(step);
            step.writes().forEach(view -> values.merge(view.value().id(), integer, Boolean::logicalAnd));
        }
    }

    private boolean integer(Step step) {
        if (step instanceof Product product) {
            return product.integer() && product.firstRow().isEmpty();
        }
        return (step instanceof Normalize || step instanceof Pointwise || step instanceof Move) && all(step.reads());
    }

    /** What no step wrote is an input of the network. */
    private boolean all(List<View> views) {
        return views.stream().allMatch(view -> values.getOrDefault(view.value().id(), false));
    }

    /** Whether all three come from integers. */
    boolean of(Attend step) {
        return all(List.of(step.query(), step.key(), step.value()));
    }
}
