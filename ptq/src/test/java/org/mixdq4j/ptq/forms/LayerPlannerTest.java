package org.mixdq4j.ptq.forms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.plan.BitTable;
import org.mixdq4j.ptq.scheme.Scheme;

/** On the tiny UNet: nine resnets behind a concat, cross-attention with two projections of the text each. */
class LayerPlannerTest {
    private final Graph graph = TinyModel.graph();
    private final LayerPlanner planner = new LayerPlanner(graph);

    static Scheme scheme(int weights, int activations, boolean split, boolean bos, Scheme.KeepFloat keep) {
        return new Scheme(
                "test",
                new Scheme.Weights(weights, 0, RangeMethod.MINMAX),
                new Scheme.Activations(activations, RangeMethod.MINMAX, 0.95, 8, 99.9),
                split,
                bos,
                keep);
    }

    private static Scheme keeping(Set<Scheme.Role> roles, String... layers) {
        return scheme(8, 8, true, true, new Scheme.KeepFloat(roles, 0, 2, List.of(layers)));
    }

    private Map<String, LayerQuant> plan(Scheme scheme) {
        return graph.layers().stream().collect(Collectors.toMap(Node::id, layer -> planner.quant(layer, scheme)));
    }

    @Test
    void splitsTheShortcutsBehindAConcatAndLeavesTheFirstTextTokenInFloat() {
        Map<String, LayerQuant> plan = plan(keeping(Set.of()));

        Set<String> split = ids(plan, quant -> !quant.split().isEmpty());
        assertThat(split).hasSize(9).allMatch(id -> id.matches("up_blocks\\.\\d\\.resnets\\.\\d\\.conv_shortcut"));
        split.forEach(id -> {
            int inputs = graph.node(id).layer().inputs();
            assertThat(plan.get(id).split()).hasSize(1).allMatch(edge -> edge > 0 && edge < inputs);
        });
        Set<String> bos = ids(plan, LayerQuant::bos);
        assertThat(bos)
                .isEqualTo(graph.layers().stream()
                        .map(Node::id)
                        .filter(id -> id.matches(".*\\.attn2\\.to_[kv]"))
                        .collect(Collectors.toSet()))
                .isNotEmpty();
        assertThat(bos).allMatch(id -> graph.node(id).op() instanceof Linear linear && linear.inputs() == 160);
    }

    private static Set<String> ids(Map<String, LayerQuant> plan, java.util.function.Predicate<LayerQuant> wanted) {
        return plan.entrySet().stream()
                .filter(entry -> wanted.test(entry.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    @Test
    void bitsAreTheSchemes() {
        Scheme scheme = scheme(4, 6, false, false, new Scheme.KeepFloat(Set.of(), 0, 2, List.of()));
        assertThat(plan(scheme).values()).allSatisfy(quant -> {
            assertThat(quant.weight()).contains(new WeightQuant(4));
            assertThat(quant.activation()).contains(new ActivationQuant(6));
            assertThat(quant.split()).isEmpty();
            assertThat(quant.bos()).isFalse();
        });
    }

    @Test
    void rolesAreWhatTouchesThePicture() {
        assertThat(planner.keptFloat(keeping(Set.of()))).isEmpty();
        assertThat(planner.keptFloat(keeping(Set.of(Scheme.Role.INPUT))))
                .containsExactly(Map.entry("conv_in", "reads the network's input"));
        assertThat(planner.keptFloat(keeping(EnumSet.of(Scheme.Role.INPUT, Scheme.Role.OUTPUT))))
                .containsOnlyKeys("conv_in", "conv_out");
        assertThat(planner.keptFloat(keeping(Set.of(Scheme.Role.CONVOLUTION))).keySet())
                .containsExactlyElementsOf(graph.layers().stream()
                        .filter(layer -> layer.op() instanceof Conv2d)
                        .map(Node::id)
                        .toList());
    }

    @Test
    void patternsMatchWholeIds() {
        assertThat(planner.keptFloat(keeping(Set.of(), "*.conv_shortcut")).keySet())
                .isNotEmpty()
                .allMatch(id -> id.endsWith(".conv_shortcut"))
                .hasSize((int) graph.layers().stream()
                        .filter(layer -> layer.id().endsWith(".conv_shortcut"))
                        .count());
        assertThatThrownBy(() -> planner.keptFloat(keeping(Set.of(), "conv")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("'conv'");
        assertThat(planner.keptFloat(keeping(Set.of(), "conv_{in,out}"))).containsOnlyKeys("conv_in", "conv_out");
        assertThat(planner.keptFloat(keeping(Set.of(), "*.attentions.?.proj_in")))
                .isNotEmpty()
                .allSatisfy((id, reason) -> assertThat(reason).isEqualTo("matches '*.attentions.?.proj_in'"));
        assertThat(planner.keptFloat(keeping(Set.of(), "*"))).hasSameSizeAs(graph.layers());
    }

    @Test
    void keysCoverTheInputsOfEachForm() {
        Node shortcut = graph.layers().stream()
                .filter(layer ->
                        layer.id().startsWith("up_blocks") && layer.id().endsWith("conv_shortcut"))
                .findFirst()
                .orElseThrow();
        LayerQuant quant = planner.quant(shortcut, keeping(Set.of()));
        int edge = quant.split().get(0);
        int inputs = shortcut.layer().inputs();

        assertThat(LayerForms.keys(shortcut, quant))
                .containsExactly(
                        new StatisticsKey(shortcut.id(), 0, edge, false),
                        new StatisticsKey(shortcut.id(), edge, inputs, false));
        Set<StatisticsKey> all = new LayerForms(graph).allKeys();
        for (boolean split : new boolean[] {true, false}) {
            for (boolean bos : new boolean[] {true, false}) {
                Scheme scheme = keeping(Set.of()).with(split, bos);
                graph.layers().forEach(layer -> assertThat(all)
                        .containsAll(LayerForms.keys(layer, planner.quant(layer, scheme))));
            }
        }
        assertThat(all)
                .hasSize(graph.layers().size()
                        + 2 * 9
                        + (int) plan(keeping(Set.of())).values().stream()
                                .filter(LayerQuant::bos)
                                .count());
    }

    private static BitTable table(Map<String, Integer> bits) {
        return new BitTable(Path.of("plan.yaml"), new TreeMap<>(bits));
    }

    private LayerPlanner planner(Map<String, Integer> weights, Optional<Map<String, Integer>> acts) {
        return new LayerPlanner(graph, Optional.of(new BitPlan(table(weights), acts.map(LayerPlannerTest::table))));
    }

    @Test
    void aPlanDecidesTheBitsAndTheSchemeTheRest() {
        String text = plan(keeping(Set.of())).entrySet().stream()
                .filter(entry -> entry.getValue().bos())
                .findFirst()
                .orElseThrow()
                .getKey();
        LayerPlanner planned = planner(
                Map.of("conv_in", 4, "conv_out", 8, text, 2), Optional.of(Map.of("conv_in", 8, text, 6, "mid.x", 4)));
        Scheme grouped = new Scheme(
                "grouped",
                new Scheme.Weights(8, 32, RangeMethod.MINMAX),
                new Scheme.Activations(8, RangeMethod.MINMAX, 0.95, 8, 99.9),
                true,
                true,
                keeping(Set.of()).keep());

        LayerQuant first = planned.quant(graph.node("conv_in"), grouped);
        assertThat(first.weight()).contains(new WeightQuant(4, 32));
        assertThat(first.activation()).contains(new ActivationQuant(8));
        LayerQuant last = planned.quant(graph.node("conv_out"), grouped);
        assertThat(last.weight()).as("8 bits leave no room for groups").contains(new WeightQuant(8));
        assertThat(last.activation()).as("absent from the acts plan").isEmpty();
        LayerQuant both = planned.quant(graph.node(text), grouped);
        assertThat(both.weight()).contains(new WeightQuant(2, 32));
        assertThat(both.activation()).contains(new ActivationQuant(6));
        assertThat(both.bos()).isTrue();
        assertThat(planned.quant(graph.node(text), grouped.weightsOnly()).bos())
                .as("no row is left out where none is rounded")
                .isFalse();
        assertThat(planned.quant(graph.node(text), grouped.weightsOnly()).activation())
                .isEmpty();
        assertThat(planned.keptFloat(grouped))
                .hasSize(graph.layers().size() - 3)
                .doesNotContainKeys("conv_in", "conv_out", text)
                .containsValue("the plan leaves it in float");
    }

    @Test
    void withoutAPlanOfActivationsTheSchemeDecidesThoseOfQuantizedWeights() {
        LayerPlanner planned = planner(Map.of("conv_in", 4, "conv_out", 16), Optional.empty());
        Scheme scheme = scheme(8, 6, true, true, keeping(Set.of()).keep());
        assertThat(planned.quant(graph.node("conv_in"), scheme).activation()).contains(new ActivationQuant(6));
        assertThat(LayerPlanner.isFloat(planned.quant(graph.node("conv_out"), scheme)))
                .isTrue();
        assertThat(planned.keptFloat(scheme)).hasSize(graph.layers().size() - 1);
        LayerPlanner acts = planner(Map.of("conv_in", 4), Optional.of(Map.of("conv_out", 8)));
        LayerQuant alone = acts.quant(graph.node("conv_out"), scheme);
        assertThat(alone.weight()).as("as the plans say").isEmpty();
        assertThat(alone.activation()).contains(new ActivationQuant(8));
    }

    @Test
    void aReasonOfTheSchemeSaysMoreThanThePlan() {
        LayerPlanner planned = planner(Map.of("conv_out", 4), Optional.empty());
        assertThat(planned.keptFloat(keeping(Set.of(Scheme.Role.INPUT))))
                .containsEntry("conv_in", "reads the network's input");
    }
}
