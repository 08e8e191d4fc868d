package org.mixdq4j.core.lower.memory;

import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.lower.Dependence;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Step;

/**
 * From which step to which each value is needed. Inputs live from before the first step to behind the last, so that one
 * that does not change need not be set again; so do values that other steps read of steps that depend on steady inputs
 * alone. Outputs live from their first step to behind the last.
 */
final class Lifetimes {
    /** Steps {@code first} to {@code last}, both included. */
    record Life(int first, int last) {
        boolean meets(Life other) {
            return first <= other.last && other.first <= last;
        }

        Life with(int step) {
            return new Life(Math.min(first, step), Math.max(last, step));
        }

        Life with(Life other) {
            return new Life(Math.min(first, other.first), Math.max(last, other.last));
        }
    }

    private final Map<Value, Life> lives = new LinkedHashMap<>();
    private final Set<Value> pinned = new HashSet<>();

    private Lifetimes() {}

    static Lifetimes of(Draft draft, Set<String> steady) {
        Lifetimes found = new Lifetimes();
        List<Step> steps = draft.steps();
        Life always = new Life(-1, steps.size());
        draft.inputs().values().forEach(value -> found.pin(value, always));
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            for (Value value : values(step.writes(), step.reads())) {
                found.lives.merge(value, new Life(i, i), Life::with);
            }
        }
        draft.outputs()
                .values()
                .forEach(view -> found.lives.computeIfPresent(view.value(), (value, life) -> life.with(steps.size())));
        found.pinSteady(draft, steady, always);
        return found;
    }

    private void pinSteady(Draft draft, Set<String> steady, Life always) {
        List<Set<String>> dependence = Dependence.of(draft.inputs(), draft.steps());
        BitSet kept = new BitSet();
        Set<Value> written = new HashSet<>();
        for (int i = 0; i < dependence.size(); i++) {
            if (steady.containsAll(dependence.get(i))) {
                kept.set(i);
                written.addAll(values(draft.steps().get(i).writes()));
            }
        }
        for (int i = kept.nextClearBit(0); i < dependence.size(); i = kept.nextClearBit(i + 1)) {
            Step step = draft.steps().get(i);
            values(step.reads(), step.writes()).stream()
                    .filter(written::contains)
                    .forEach(value -> pin(value, always));
        }
        values(draft.outputs().values()).stream().filter(written::contains).forEach(value -> pin(value, always));
    }

    private void pin(Value value, Life always) {
        lives.put(value, always);
        pinned.add(value);
    }

    /** By value, in the order in which values are written. */
    Map<Value, Life> lives() {
        return lives;
    }

    /** Whether the value must keep its content from run to run. */
    boolean pinned(Value value) {
        return pinned.contains(value);
    }

    @SafeVarargs
    private static Set<Value> values(Collection<View>... views) {
        Set<Value> values = new LinkedHashSet<>();
        for (Collection<View> each : views) {
            each.forEach(view -> values.add(view.value()));
        }
        return values;
    }
}
