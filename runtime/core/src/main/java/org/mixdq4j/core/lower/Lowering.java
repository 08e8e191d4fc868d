package org.mixdq4j.core.lower;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.build.GraphSteps;
import org.mixdq4j.core.lower.memory.PlanMemory;
import org.mixdq4j.core.lower.pass.ChooseTypes;
import org.mixdq4j.core.lower.pass.DropUnread;
import org.mixdq4j.core.lower.pass.FuseEpilogues;
import org.mixdq4j.core.lower.pass.FuseQuantize;
import org.mixdq4j.core.lower.pass.JoinSideBySide;
import org.mixdq4j.core.lower.pass.MergeProducts;
import org.mixdq4j.core.lower.pass.MoveBytes;
import org.mixdq4j.core.lower.pass.Pass;
import org.mixdq4j.core.lower.pass.QuantizeWhole;
import org.mixdq4j.core.lower.pass.RecognizeModulation;
import org.mixdq4j.core.lower.pass.Rules;
import org.mixdq4j.core.lower.pass.SplitConcat;
import org.mixdq4j.core.quant.LayerForm;

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
        for (Pass pass : passes(forms, steady)) {
            draft = pass.apply(draft, target);
        }
        Rules.check(draft);
        return PlanMemory.place(draft, steady, target);
    }

    /** In the order in which they are applied. */
    static List<Pass> passes(Function<String, Optional<LayerForm>> forms, Set<String> steady) {
        return List.of(
                new MergeProducts(
                        id -> forms.apply(id).map(LayerForm::weightBits).orElse(0)),
                new JoinSideBySide(),
                new SplitConcat(),
                new MoveBytes(),
                new QuantizeWhole(),
                new RecognizeModulation(),
                new FuseEpilogues(steady),
                new FuseQuantize(),
                new DropUnread(),
                new ChooseTypes());
    }
}
