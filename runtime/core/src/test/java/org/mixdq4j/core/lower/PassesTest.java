package org.mixdq4j.core.lower;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.build.GraphSteps;
import org.mixdq4j.core.lower.interpret.Interpreter;
import org.mixdq4j.core.lower.memory.PlanMemory;
import org.mixdq4j.core.lower.pass.Pass;
import org.mixdq4j.core.lower.pass.Rules;
import org.mixdq4j.core.parity.RecordedNetwork;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Each pass leaves what a network computes as it is, to the bit. */
class PassesTest {
    private static final Set<String> STEADY = Set.of("encoder_hidden_states", "text_embeds", "time_ids");

    @ParameterizedTest
    @CsvSource({
        "unet_sdxl_nonsquare, STATIC",
        "unet_sdxl_nonsquare, MIXED",
        "unet_sd15, STATIC",
        "unet_lcm, TOKEN",
        "mmdit_sd3, TOKEN",
        "mmdit_sd35, MIXED",
        "vae_sdxl, FLOAT",
        "vae_sd3, STATIC",
        "t5, MIXED",
        "clip_dual, TOKEN",
        "clip_g, FLOAT"
    })
    void leaveTheNumbersAsTheyAre(String name, FormsOfLayers how) {
        try (RecordedNetwork network = RecordedNetwork.open(name)) {
            for (Graph graph : network.graphs()) {
                WeightSource weights = network.weights(graph);
                Map<String, QuantizedLayer> layers = how.of(graph, weights);
                Map<String, Tensor> inputs = network.inputs(graph);
                leaveTheNumbersAsTheyAre(graph, weights, layers, inputs);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void leaveTheNumbersOfRandomGraphsAsTheyAre(long seed) {
        RandomGraph random = new RandomGraph(seed);
        for (FormsOfLayers how : FormsOfLayers.values()) {
            leaveTheNumbersAsTheyAre(
                    random.graph(), random.weights(), how.of(random.graph(), random.weights()), random.inputs());
        }
    }

    private static void leaveTheNumbersAsTheyAre(
            Graph graph, WeightSource weights, Map<String, QuantizedLayer> layers, Map<String, Tensor> inputs) {
        Draft draft = GraphSteps.of(graph, FormsOfLayers.forms(layers));
        Map<String, Tensor> before = run(draft, weights, layers, inputs);
        for (Pass pass : Lowering.passes(FormsOfLayers.forms(layers), STEADY)) {
            Draft after = pass.apply(draft, Targets.ALL);
            if (after.steps().equals(draft.steps())) {
                continue;
            }
            draft = after;
            String what = graph.name() + " after " + pass.getClass().getSimpleName();
            Map<String, Tensor> outputs = run(draft, weights, layers, inputs);
            before.forEach((name, tensor) -> assertThat(outputs.get(name).toFloatArray())
                    .as(what + ": " + name)
                    .isEqualTo(tensor.toFloatArray()));
        }
    }

    private static Map<String, Tensor> run(
            Draft draft, WeightSource weights, Map<String, QuantizedLayer> layers, Map<String, Tensor> inputs) {
        Rules.check(draft);
        Program program = PlanMemory.place(draft, STEADY, Targets.ALL);
        return Interpreter.run(program, weights, layers::get, inputs);
    }
}
