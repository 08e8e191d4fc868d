package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Step;

/** Steps of a draft that is being changed, and which of them write and read each value. A removed step leaves a hole. */
final class Wiring {
    private final Draft draft;
    private final List<Step> steps;
    private final Map<Value, Set<Integer>> writers = new HashMap<>();
    private final Map<Value, Set<Integer>> readers = new HashMap<>();
    private final Set<Value> fixed = new HashSet<>();

    Wiring(Draft draft) {
        this.draft = draft;
        this.steps = new ArrayList<>(draft.steps());
        for (int i = 0; i < steps.size(); i++) {
            register(i, steps.get(i));
        }
        fixed.addAll(draft.inputs().values());
        draft.outputs().values().forEach(view -> fixed.add(view.value()));
    }

    int size() {
        return steps.size();
    }

    /** The step at a place, or null. */
    Step step(int index) {
        return steps.get(index);
    }

    /** Replaces the step at a place; null removes it. */
    void set(int index, Step step) {
        Step old = steps.get(index);
        if (old != null) {
            old.reads().forEach(view -> readers.get(view.value()).remove(index));
            old.writes().forEach(view -> writers.get(view.value()).remove(index));
        }
        steps.set(index, step);
        register(index, step);
    }

    private void register(int index, Step step) {
        if (step != null) {
            step.reads().forEach(view -> readers.computeIfAbsent(view.value(), v -> new TreeSet<>())
                    .add(index));
            step.writes().forEach(view -> writers.computeIfAbsent(view.value(), v -> new TreeSet<>())
                    .add(index));
        }
    }

    Set<Integer> readers(Value value) {
        return Collections.unmodifiableSet(readers.getOrDefault(value, Set.of()));
    }

    Set<Integer> writers(Value value) {
        return Collections.unmodifiableSet(writers.getOrDefault(value, Set.of()));
    }

    /** Place of the one step that writes a value, or -1 if there are several or none. */
    int writer(Value value) {
        Set<Integer> found = writers(value);
        return found.size() == 1 ? found.iterator().next() : -1;
    }

    /** Whether a value is an input or output of the program: it has to stay as it is. */
    boolean fixed(Value value) {
        return fixed.contains(value);
    }

    /** How often a step reads a value. */
    long timesRead(int index, Value value) {
        return steps.get(index).reads().stream()
                .filter(view -> view.value().equals(value))
                .count();
    }

    /**
     * Puts a value into part of another: its elements lie where {@code place} says.
     *
     * @return whether it was done: every step that touches the value must be able to live with that
     */
    boolean relocate(Value value, View place) {
        Optional<Map<Integer, Step>> changed = relocated(value, place);
        changed.ifPresent(steps -> steps.forEach(this::set));
        return changed.isPresent();
    }

    /** Whether {@link #relocate} would do it. */
    boolean canRelocate(Value value, View place) {
        return relocated(value, place).isPresent();
    }

    private Optional<Map<Integer, Step>> relocated(Value value, View place) {
        if (fixed(value)) {
            return Optional.empty();
        }
        Set<Integer> users = new TreeSet<>(readers(value));
        users.addAll(writers(value));
        Map<Integer, Step> changed = new HashMap<>();
        for (int index : users) {
            Step before = steps.get(index);
            boolean possible = Stream.concat(before.reads().stream(), before.writes().stream())
                    .filter(view -> view.value().equals(value))
                    .allMatch(view -> Relocation.possible(view, place));
            if (!possible) {
                return Optional.empty();
            }
            Step step = Steps.map(before, view -> view.value().equals(value) ? Relocation.of(view, place) : view);
            if (!Rules.broken(step).isEmpty()) {
                return Optional.empty();
            }
            changed.put(index, step);
        }
        return Optional.of(changed);
    }

    Draft draft() {
        return draft.with(steps.stream().filter(step -> step != null).toList());
    }
}
