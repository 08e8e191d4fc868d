package org.mixdq4j.core.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.lower.interpret.Interpreter;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.parity.RecordedNetwork;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** What depends on the text alone is computed once a text. */
class SteadyTest {
    private static final Set<String> STEADY = Set.of("encoder_hidden_states", "text_embeds", "time_ids");

    @ParameterizedTest
    @EnumSource(Targets.class)
    void stepsThatDependOnSteadyInputsNeedNotRunAgain(Targets target) {
        try (RecordedNetwork network = RecordedNetwork.open("unet_sdxl_nonsquare")) {
            Graph graph = network.graphs().get(0);
            WeightSource weights = network.weights(graph);
            Map<String, QuantizedLayer> layers = FormsOfLayers.STATIC.of(graph, weights);
            Program program = Lowering.lower(graph, FormsOfLayers.forms(layers), STEADY, target);
            Map<String, Tensor> inputs = network.inputs(graph);
            Map<String, Tensor> later = new LinkedHashMap<>(inputs);
            later.put("timestep", Tensor.of(inputs.get("timestep").shape(), 3, 4));
            Tensor sample = inputs.get("sample");
            float[] noise = sample.toFloatArray();
            noise[7] += 1;
            later.put("sample", Tensor.of(sample.shape(), noise));

            Interpreter kept = new Interpreter(program, weights, layers::get);
            kept.run(inputs);
            Map<String, Tensor> changed = new LinkedHashMap<>(later);
            changed.keySet().removeAll(STEADY);
            // Twice, since the first time might live on what the whole run left.
            kept.rerun(Map.of("timestep", inputs.get("timestep")));
            Map<String, Tensor> again = kept.rerun(changed);
            Map<String, Tensor> fresh = Interpreter.run(program, weights, layers::get, later);
            fresh.forEach(
                    (name, tensor) -> assertThat(again.get(name).toFloatArray()).isEqualTo(tensor.toFloatArray()));
            assertThatThrownBy(() -> kept.rerun(later)).hasMessageContaining("is steady");
        }
    }

    @Test
    void keysAndValuesOfTheTextAreOneSteadyProduct() {
        try (RecordedNetwork network = RecordedNetwork.open("unet_sdxl")) {
            Graph graph = network.graphs().get(0);
            Program program = Lowering.lower(graph, id -> Optional.empty(), STEADY, Targets.ALL);
            BitSet steady = program.steadySteps();
            List<Product> texts = steady.stream()
                    .mapToObj(i -> program.steps().get(i))
                    .filter(Product.class::isInstance)
                    .map(Product.class::cast)
                    .filter(p -> p.layers().stream().anyMatch(id -> id.contains("attn2")))
                    .toList();
            long projections = graph.layers().stream()
                    .filter(node -> node.id().matches(".*attn2\\.to_[kv]"))
                    .count();
            assertThat(texts).hasSize(1);
            assertThat(texts.get(0).layers()).hasSize((int) projections);
            assertThat(program.dependence().get(program.steps().size() - 1))
                    .containsExactlyInAnyOrder(
                            "sample", "timestep", "encoder_hidden_states", "text_embeds", "time_ids");
        }
    }
}
