package org.mixdq4j.conformance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.conformance.NetworkCases.Net;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.tensor.Axes;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A network whose steps are large enough to be divided among threads, for several rows and for one of them: what is asked of it is
 * that it gives the same bits. Products of few rows and long sums are among its steps: libraries like to divide these along the sum.
 */
final class RepeatedCase {
    /** Of the whole. */
    static final int ROWS = 3;

    private static final int CHANNELS = 64;
    private static final int HEIGHT = 16;
    private static final int WIDTH = 13;

    private static final Bound FLOAT = Bound.relative(2e-5);
    /** A value next to a rounding boundary moves a whole step of its integers. */
    private static final Bound QUANTIZED = new Bound.Decibels(45);

    private static final Graph ONE = graph(1);

    private final Case whole;
    private final boolean integer;

    /** @param forms layers take turns; none leaves all in float */
    private RepeatedCase(MemoryWeights weights, String how, QuantizedForms... forms) {
        this.integer = forms.length > 0 && forms[0].inputBits() > 0;
        Bound bound = integer ? QUANTIZED : FLOAT;
        this.whole = NetworkCases.of(graph(ROWS), weights, how, List.of(forms), Set.of(), bound);
    }

    static List<RepeatedCase> all() {
        return All.CASES;
    }

    /** Millions of weights: made once for all who are tested in a process. */
    private static final class All {
        private static final QuantizedForms W8 = QuantizedForms.plain(8, 8);
        private static final MemoryWeights WEIGHTS = NetworkCases.weights(ONE);
        private static final List<RepeatedCase> CASES = List.of(
                new RepeatedCase(WEIGHTS, "in float"),
                new RepeatedCase(WEIGHTS, "with one range an input", W8),
                new RepeatedCase(WEIGHTS, "token by token", W8.byToken()),
                new RepeatedCase(
                        WEIGHTS,
                        "with weights of 4 bits",
                        QuantizedForms.plain(4, 8).grouped(32)),
                new RepeatedCase(WEIGHTS, "with inputs in float", QuantizedForms.plain(8, 0)));
    }

    /**
     * Whether every product is one of integers. Those of floats round by how many rows they have, which is why a pipeline takes
     * rows through its networks one at a time.
     */
    boolean integer() {
        return integer;
    }

    Case whole() {
        return whole;
    }

    /** One of the rows, alone. */
    Case row(int index) {
        return new Case(whole.name(), ONE, whole.weights(), whole.layers(), row(whole.inputs(), index), whole.bound());
    }

    /** Of several tensors the part of one row. */
    static Map<String, Tensor> row(Map<String, Tensor> tensors, int index) {
        Map<String, Tensor> rows = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> rows.put(name, Axes.narrow(tensor, 0, index, index + 1)));
        return rows;
    }

    @Override
    public String toString() {
        return whole.name();
    }

    private static Graph graph(int rows) {
        Net net = new Net("ResnetBlock and TransformerBlock");
        Value image = net.input("sample", rows, CHANNELS, HEIGHT, WIDTH);
        Value time = net.silu("act", net.input("time", rows, 2048));
        Value text = net.input("encoder_hidden_states", rows, 9, 4096);
        Value h = net.conv("conv1", net.silu("act1", net.norm("norm1", image, 4)), CHANNELS, 3);
        Value vector = net.linear("time.2", net.linear("time.1", time, 2560), CHANNELS);
        h = net.add("add1", new Add(), h, net.add("vector", new Reshape(Shape.of(rows, CHANNELS, 1, 1)), vector));
        Value x = net.add(
                "tokens",
                new Reshape(Shape.of(rows, HEIGHT * WIDTH, CHANNELS)),
                net.add("last", Transpose.of(0, 2, 3, 1), h));
        x = net.add("add2", new Add(), attention(net, "attn1", net.layerNorm("norm2", x, true), null), x);
        x = net.add("add3", new Add(), attention(net, "attn2", net.layerNorm("norm3", x, true), text), x);
        Value f = net.add("geglu", new GeGlu(), net.linear("ff.proj", net.layerNorm("norm4", x, true), 512));
        x = net.add("add4", new Add(), net.linear("ff.out", f, CHANNELS), x);
        Value back = net.add(
                "first",
                Transpose.of(0, 3, 1, 2),
                net.add("unflat", new Reshape(Shape.of(rows, HEIGHT, WIDTH, CHANNELS)), x));
        return net.graph(net.conv("conv_out", net.add("add5", new Add(), back, image), 3, 3));
    }

    private static Value attention(Net net, String id, Value x, Value text) {
        Value read = text == null ? x : text;
        Value attended = net.add(
                id,
                new Attention(4, 0.18, false),
                net.linear(id + ".to_q", x, 128),
                net.linear(id + ".to_k", read, 128),
                net.linear(id + ".to_v", read, 128));
        return net.linear(id + ".to_out", attended, CHANNELS);
    }
}
