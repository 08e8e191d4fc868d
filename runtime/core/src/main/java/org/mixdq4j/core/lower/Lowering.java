package org.mixdq4j.core.lower;

import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.build.GraphSteps;
import org.mixdq4j.core.lower.memory.PlanMemory;

/** From a graph to the program a backend runs. */
public final class Lowering {
    private Lowering() {}

    /**
     * @param forms layer id to its quantized form; empty for one in float
     * @param steady names of inputs that seldom change from run to run
     * @throws org.mixdq4j.core.error.MixdqException if a form cannot be computed by integer products
     */
    public static Program lower(
            Graph graph, Function<String, Optional<LayerForm>> forms, Set<String> steady, Target target) {
        Draft draft = GraphSteps.of(graph, forms);
        return PlanMemory.place(draft, steady, target);
    }
}
