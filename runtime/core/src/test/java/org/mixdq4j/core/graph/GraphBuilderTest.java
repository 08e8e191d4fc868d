package org.mixdq4j.core.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

class GraphBuilderTest {
    private final GraphBuilder builder = new GraphBuilder("Net");
    private final Value x = builder.input("x", DType.F32, Shape.of(1, 3, 8, 8));

    @Test
    void aModulePathStandsForItsValue() {
        Value conv = builder.add("down.0.conv", new Conv2d(3, 5, 3, 3, 2, Conv2d.Padding.same(1), true), x);
        builder.output("y", builder.module("down.0", conv));

        Graph graph = builder.build();

        assertThat(graph.contains("down.0")).isTrue();
        assertThat(graph.node("down.0")).isSameAs(graph.node("down.0.conv"));
        assertThat(graph.shape("down.0")).isEqualTo(Shape.of(1, 5, 4, 4));
        assertThat(graph.shape("x")).isEqualTo(x.shape());
        assertThat(graph.layers()).extracting(Node::id).containsExactly("down.0.conv");
        assertThat(graph.parameters())
                .containsExactly(
                        java.util.Map.entry("down.0.conv.weight", Shape.of(5, 3, 3, 3)),
                        java.util.Map.entry("down.0.conv.bias", Shape.of(5)));
        assertThat(graph.parameterCount()).isEqualTo(5 * 27 + 5);
        assertThatThrownBy(() -> graph.node("down.1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Net has no node or module 'down.1'");
    }

    @Test
    void aMistakeNamesTheNodeItIsMadeAt() {
        assertThatThrownBy(() -> builder.add("fc", new Linear(9, 2, false), x))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("node 'fc': Linear expects 9 features, got [1, 3, 8, 8]");
        builder.add("act", new Activate(Activate.Function.SILU), x);
        assertThatThrownBy(() -> builder.add("act", new Activate(Activate.Function.SILU), x))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("already has a value 'act'");
        assertThatThrownBy(() -> builder.input("act", DType.F32, Shape.of(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("it has no output");
    }
}
