package org.mixdq4j.bitalloc.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.bitalloc.solve.MultipleChoiceSolver;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.LayerGroup;

class PinsTest {
    private static final List<Layer> LAYERS = List.of(
            layer("a.to_q", LayerGroup.CONTENT),
            layer("a.to_v", LayerGroup.CONTENT),
            layer("b.conv1", LayerGroup.QUALITY),
            layer("b.conv2", LayerGroup.QUALITY));
    private static final Map<LayerGroup, List<Integer>> CANDIDATES =
            Map.of(LayerGroup.CONTENT, List.of(2, 4, 8), LayerGroup.QUALITY, List.of(4, 8));

    private static Layer layer(String id, LayerGroup group) {
        return new Layer(id, group, 100, Map.of(2, 0.5, 4, 0.9, 8, 1.0));
    }

    private static Map<String, Pin> resolve(String... pins) {
        return Pin.resolve(Stream.of(pins).map(Pin::parse).toList(), LAYERS);
    }

    @Test
    void holdAgainstBudgetAndProtection() {
        BitProblem problem = new BitProblem(
                LAYERS, CANDIDATES, resolve("*.to_?=2", "model.b.conv1=float"), Set.of("a.to_q", "b.conv2"));
        BitPlan plan = new Allocator(problem, Budget.ofBits(8), new MultipleChoiceSolver(60)).joint();
        assertThat(plan.decisions())
                .containsEntry("a.to_q", new Decision(2, Decision.Reason.PINNED))
                .containsEntry("a.to_v", new Decision(2, Decision.Reason.PINNED))
                .containsEntry("b.conv1", new Decision(Decision.FLOAT, Decision.Reason.PINNED))
                .containsEntry("b.conv2", new Decision(Decision.FLOAT, Decision.Reason.PROTECTED));
        assertThat(plan.bytes()).isEqualTo((200 * 2 + 200 * 16) / 8);
        assertThat(plan.average(List.of(LayerGroup.values()))).isEqualTo(2);
        assertThat(plan.averageWithFloat()).isEqualTo(9);
    }

    @Test
    void thatAgreeMayOverlap() {
        assertThat(resolve("a.*=4", "a.to_v=4")).containsOnlyKeys("a.to_q", "a.to_v");
    }

    @Test
    void thatContradictNameTheLayer() {
        assertThatThrownBy(() -> resolve("a.*=4", "*.to_v=8"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("'a.*=4' and '*.to_v=8'")
                .hasMessageContaining("layer a.to_v");
    }

    @Test
    void ofNoLayerAreRefused() {
        assertThatThrownBy(() -> resolve("c.conv=8")).hasMessageContaining("'c.conv=8' names no layer");
        // A dot is a dot and no wildcard.
        assertThatThrownBy(() -> resolve("a?to_q=8", "aXto_q=8")).hasMessageContaining("'aXto_q=8'");
    }

    @Test
    void toBitsThatWereNotMeasuredNameTheLayer() {
        assertThatThrownBy(() -> new BitProblem(LAYERS, CANDIDATES, resolve("b.conv1=6"), Set.of()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("b.conv1 at 6 bits");
    }

    @ParameterizedTest
    @ValueSource(strings = {"conv_in", "conv_in=", "=8", "conv_in=0", "conv_in=half", "conv_in=17"})
    void ofAnotherFormAreRefused(String text) {
        assertThatThrownBy(() -> Pin.parse(text))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("'" + text + "' is no pin");
    }

    @Test
    void leavingNothingToAllocateIsRefused() {
        assertThatThrownBy(() -> new BitProblem(LAYERS, CANDIDATES, resolve("*=float"), Set.of()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("all 4 layers");
    }

    @Test
    void protectionRoundsUpByGroup() {
        assertThat(Protection.worst(LAYERS, 0.01)).containsExactly("a.to_q", "b.conv1");
        assertThat(Protection.worst(LAYERS, 0.5)).containsExactly("a.to_q", "b.conv1");
        assertThat(Protection.worst(LAYERS, 0.51)).hasSize(4);
    }
}
