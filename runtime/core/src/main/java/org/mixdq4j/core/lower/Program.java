package org.mixdq4j.core.lower;

import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.lower.step.Step;

/**
 * A network as a list of steps over stored values. Immutable.
 *
 * @param name what it computes, such as {@code UNet2DConditionModel}
 * @param inputs graph input to the value that holds it, in the graph's own layout and type
 * @param steps in an order in which each comes after what it reads
 * @param outputs name to the view that holds it in the graph's own layout
 * @param steady names of inputs that seldom change from run to run: what depends on these alone is kept between runs
 * @param places byte offset of every value in the arena, by id; values whose lives do not meet share bytes
 * @param arenaBytes size of the arena
 */
public record Program(
        String name,
        Map<String, Value> inputs,
        List<Step> steps,
        Map<String, View> outputs,
        Set<String> steady,
        Map<String, Long> places,
        long arenaBytes) {
    public Program {
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        steps = List.copyOf(steps);
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        steady = Set.copyOf(steady);
        places = Map.copyOf(places);
    }

    /** Names of the inputs each step depends on; none where it reads parameters alone. */
    public List<Set<String>> dependence() {
        return Dependence.of(inputs, steps);
    }

    /**
     * Steps that need not run again while steady inputs stay as they are: what others read of them keeps its place to
     * itself. If one steady input changes, all steps have to run.
     */
    public BitSet steadySteps() {
        BitSet found = new BitSet(steps.size());
        List<Set<String>> dependence = dependence();
        for (int i = 0; i < steps.size(); i++) {
            found.set(i, steady.containsAll(dependence.get(i)));
        }
        return found;
    }
}
