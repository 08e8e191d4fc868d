package org.mixdq4j.core.graph.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Conv2d.Padding;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** What is derived from a small graph whose ids say nothing. */
class WiringTest {
    private static final Graph GRAPH = build();

    private static Graph build() {
        GraphBuilder graph = new GraphBuilder("test");
        Value picture = graph.input("picture", DType.F32, Shape.of(1, 4, 6, 6));
        Value words = graph.input("words", DType.F32, Shape.of(1, 5, 8));
        Value vector = graph.input("vector", DType.F32, Shape.of(1, 8));
        Value a = graph.add("a", conv(4, 6), picture);
        Value b = graph.add("b", conv(6, 2), a);
        Value joined = graph.add("joined", new Concat(1), a, b, picture);
        Value c = graph.add("c", conv(12, 4), joined);
        Value active = graph.add("active", new Activate(Activate.Function.SILU), joined);
        Value d = graph.add("d", conv(12, 4), active);
        Value e = graph.add("e", new Add(), c, d);
        graph.module("module", e);
        Value tall = graph.add("tall", new Concat(2), e, e);
        Value f = graph.add("f", conv(4, 8), tall);
        Value sequence = graph.add("g", new Linear(8, 3, false), words);
        Value longer = graph.add("longer", new Concat(1), sequence, sequence);
        Value wide = graph.add("wide", new Concat(1), vector, vector);
        graph.output("image", graph.add("turned", Transpose.of(0, 2, 3, 1), graph.add("cut", new Slice(1, 0, 3), f)));
        graph.output("text", graph.add("h", new Linear(3, 3, false), longer));
        graph.output("row", graph.add("i", new Linear(16, 3, false), wide));
        graph.output("sum", e);
        return graph.build();
    }

    private static Conv2d conv(int inputs, int outputs) {
        return new Conv2d(inputs, outputs, 3, 3, 1, Padding.same(1), true);
    }

    @Test
    void onlyDirectReadersOfJoinedChannelsAreSplit() {
        assertThat(SplitPoints.of(GRAPH)).containsOnlyKeys("c").containsEntry("c", List.of(6, 8));
    }

    @Test
    void onlyDirectReadersOfASequenceAreTextProjections() {
        assertThat(TextProjections.of(GRAPH)).containsExactly("g");
    }

    @Test
    void boundariesAreSeenThroughRearrangements() {
        Boundary boundary = Boundary.of(GRAPH);
        assertThat(boundary.first()).containsExactly("a");
        assertThat(boundary.last()).containsExactly("f", "h", "i");
    }

    @Test
    void reachIsInGraphOrderAndExcludesTheChangedNode() {
        assertThat(Reach.from(GRAPH, "d")).extracting(Node::id).containsExactly("e", "tall", "f", "cut", "turned");
        assertThat(Reach.from(GRAPH, "module")).extracting(Node::id).containsExactly("tall", "f", "cut", "turned");
        assertThat(Reach.from(GRAPH, "words")).extracting(Node::id).containsExactly("g", "longer", "h");
        assertThat(Reach.from(GRAPH, "turned")).isEmpty();
    }

    @Test
    void reachOfSeveralHoldsThoseThatDependOnOthers() {
        assertThat(Reach.from(GRAPH, List.of("tall", "f", "g")))
                .extracting(Node::id)
                .containsExactly("f", "longer", "cut", "turned", "h");
    }
}
