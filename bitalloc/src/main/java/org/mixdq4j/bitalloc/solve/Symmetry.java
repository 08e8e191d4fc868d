package org.mixdq4j.bitalloc.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Among classes with the same costs and values, the earlier get the dearer options: sum of cost and value stay. */
final class Symmetry {
    private Symmetry() {}

    static int[] canonical(MultipleChoice problem, int[] choice) {
        Map<List<?>, List<Integer>> alike = new HashMap<>();
        for (int i = 0; i < choice.length; i++) {
            List<?> key = List.of(
                    Arrays.stream(problem.cost()[i]).boxed().toList(),
                    Arrays.stream(problem.value()[i]).boxed().toList());
            alike.computeIfAbsent(key, k -> new ArrayList<>()).add(i);
        }
        int[] canonical = choice.clone();
        for (List<Integer> classes : alike.values()) {
            List<Integer> taken =
                    new ArrayList<>(classes.stream().map(i -> choice[i]).toList());
            long[] cost = problem.cost()[classes.get(0)];
            taken.sort(Collections.reverseOrder((a, b) -> Long.compare(cost[a], cost[b])));
            for (int k = 0; k < classes.size(); k++) {
                canonical[classes.get(k)] = taken.get(k);
            }
        }
        return canonical;
    }
}
