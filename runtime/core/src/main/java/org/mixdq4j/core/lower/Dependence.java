package org.mixdq4j.core.lower;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.mixdq4j.core.lower.step.Step;

/** Which inputs of a program each step depends on. */
public final class Dependence {
    private Dependence() {}

    /** Names of inputs by step; none for what reads parameters alone. */
    public static List<Set<String>> of(Map<String, Value> inputs, List<Step> steps) {
        Map<String, Set<String>> byValue = new HashMap<>();
        inputs.forEach((name, value) -> byValue.put(value.id(), Set.of(name)));
        List<Set<String>> byStep = new ArrayList<>();
        for (Step step : steps) {
            Set<String> names = new TreeSet<>();
            step.reads()
                    .forEach(view ->
                            names.addAll(byValue.getOrDefault(view.value().id(), Set.of())));
            byStep.add(Collections.unmodifiableSet(names));
            step.writes().forEach(view -> byValue.merge(view.value().id(), names, Dependence::union));
        }
        return List.copyOf(byStep);
    }

    private static Set<String> union(Set<String> a, Set<String> b) {
        Set<String> both = new TreeSet<>(a);
        both.addAll(b);
        return both;
    }
}
