package org.mixdq4j.core.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.network.t5.T5Encoder;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

class GraphPartsTest {
    /** The largest node of this network is its embedding with 600 x 40 parameters. */
    private static final long LARGEST = 24_000;

    private static final Graph GRAPH = T5Encoder.graph(Shipped.config("fixtures/t5"), 1, 12);
    private static final Set<String> WANTED = Set.copyOf(GRAPH.outputs().values());

    @ParameterizedTest
    @ValueSource(longs = {1, 5_000, LARGEST, 30_000, 1_000_000})
    void everyNodeIsInOnePartThatReadsEarlierOnes(long elements) {
        List<Graph> parts = GraphParts.of(GRAPH, WANTED, elements);
        List<String> ids = new ArrayList<>();
        Map<String, Shape> parameters = new HashMap<>();
        Set<String> made = new HashSet<>(GRAPH.inputs().keySet());
        for (Graph part : parts) {
            part.nodes().forEach(node -> ids.add(node.id()));
            parameters.putAll(part.parameters());
            assertThat(part.parameterCount()).isLessThanOrEqualTo(Math.max(elements, LARGEST));
            assertThat(made).containsAll(part.inputs().keySet());
            assertThat(part.outputs()).allSatisfy((name, id) -> assertThat(name).isEqualTo(id));
            made.addAll(part.outputs().keySet());
        }
        assertThat(ids)
                .containsExactlyElementsOf(GRAPH.nodes().stream().map(Node::id).toList());
        assertThat(parameters).isEqualTo(GRAPH.parameters());
        assertThat(made).containsAll(WANTED);
        assertThat(parts.get(0).inputs().get("input_ids").dtype()).isEqualTo(DType.I64);
    }

    @Test
    void smallPartsAreMany() {
        assertThat(GraphParts.of(GRAPH, WANTED, 1)).hasSize(1 + 3 * 9 + 1 + 1);
        assertThat(GraphParts.of(GRAPH, WANTED, 1_000_000)).hasSize(1);
    }

    @Test
    void whatIsNotNeededIsLeftOut() {
        List<Graph> parts = GraphParts.of(GRAPH, Set.of("encoder.block.0.layer.0.SelfAttention.q"), 1);
        assertThat(parts).hasSize(3);
        assertThat(parts.get(2).outputs()).containsOnlyKeys("encoder.block.0.layer.0.SelfAttention.q");
    }
}
