package org.mixdq4j.core.graph;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** Each rule broken once, in a graph that keeps all others. */
class VerifierTest {
    private static final Shape X = Shape.of(1, 4);
    private static final Op SILU = new Activate(Activate.Function.SILU);
    private final Map<String, GraphInput> inputs = new LinkedHashMap<>();
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, String> outputs = new LinkedHashMap<>();

    VerifierTest() {
        inputs.put("x", new GraphInput("x", DType.F32, X));
        node("fc", new Linear(4, 4, true), X, "x");
        node("act", SILU, X, "fc");
        outputs.put("y", "act");
    }

    private void node(String id, Op op, Shape shape, String... from) {
        nodes.put(id, new Node(id, op, List.of(from), shape));
    }

    private void refused(String message) {
        Graph graph = new Graph("Net", inputs, nodes, outputs, Map.of());
        assertThatThrownBy(() -> Verifier.verify(graph))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Net: " + message);
    }

    @Test
    void theUnbrokenGraphIsFine() {
        assertThatCode(() -> Verifier.verify(new Graph("Net", inputs, nodes, outputs, Map.of())))
                .doesNotThrowAnyException();
    }

    @Test
    void aNodeReadsWhatComesLater() {
        node("early", new Add(), X, "x", "late");
        node("late", SILU, X, "x");
        outputs.put("z", "early");

        refused("node 'early' reads 'late', which does not come before it");
    }

    @Test
    void aShapeIsNotTheOps() {
        node("wide", new Linear(4, 6, false), Shape.of(1, 5), "x");
        outputs.put("z", "wide");

        refused("node 'wide' has shape [1, 5], its op gives [1, 6]");
    }

    @Test
    void anOpCannotReadItsInputs() {
        node("wide", new Linear(5, 6, false), Shape.of(1, 6), "x");
        outputs.put("z", "wide");

        refused("node 'wide': Linear expects 5 features, got [1, 4]");
    }

    @Test
    void aParameterIsClaimedTwice() {
        node("weightOwner", new Parameter(X, ""), X);
        nodes.put("a", new Node("a", new Parameter(X, "w"), List.of(), X));
        nodes.put("a.w", new Node("a.w", new Parameter(X, ""), List.of(), X));
        node("sum", new Add(), X, "a", "a.w");
        node("all", new Add(), X, "sum", "weightOwner");
        outputs.put("z", "all");

        refused("parameter 'a.w' is claimed twice");
    }

    @Test
    void aNodeHasTheNameOfAnInput() {
        node("x", SILU, X, "fc");

        refused("value 'x' is computed twice");
    }

    @Test
    void thereIsNoOutput() {
        outputs.clear();

        refused("it has no output");
    }

    @Test
    void anOutputIsNowhere() {
        outputs.put("z", "gone");

        refused("output 'z' reads unknown 'gone'");
    }

    @Test
    void aNodeIsForNothing() {
        node("idle", SILU, X, "x");

        refused("no output needs node 'idle'");
    }

    @Test
    void anInputIsForNothing() {
        inputs.put("unused", new GraphInput("unused", DType.F32, X));

        refused("no output needs input 'unused'");
    }
}
