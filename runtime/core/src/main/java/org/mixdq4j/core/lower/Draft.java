package org.mixdq4j.core.lower;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.lower.step.Step;

/**
 * A program that has no places yet: what passes read and give. Immutable.
 *
 * @param name what it computes
 * @param inputs graph input to the value that holds it
 * @param steps each after what it reads
 * @param outputs name to the view that holds it
 */
public record Draft(String name, Map<String, Value> inputs, List<Step> steps, Map<String, View> outputs) {
    public Draft {
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        steps = List.copyOf(steps);
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }

    /** The same with other steps. */
    public Draft with(List<Step> others) {
        return new Draft(name, inputs, others, outputs);
    }
}
