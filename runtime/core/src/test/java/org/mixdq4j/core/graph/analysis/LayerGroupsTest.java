package org.mixdq4j.core.graph.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Conv2d.Padding;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** Groups of small graphs whose ids say nothing about them. */
class LayerGroupsTest {
    private static final int WIDTH = 8;
    private static final int PICTURE = 6;
    private static final int TEXT = 5;

    private final GraphBuilder graph = new GraphBuilder("test");
    private int nodes;

    private Value op(Op op, Value... from) {
        return graph.add("n" + nodes++, op, from);
    }

    private Value linear(String id, Value x, int outputs) {
        return graph.add(id, new Linear(x.shape().dim(-1), outputs, true), x);
    }

    private Value linear(String id, Value x) {
        return linear(id, x, WIDTH);
    }

    private Value words() {
        return graph.input("words", DType.F32, Shape.of(1, TEXT, 4));
    }

    private Value pixels(String conv) {
        Value latent = graph.input("latent", DType.F32, Shape.of(1, 4, 2, 3));
        Value image = graph.add(conv, new Conv2d(4, WIDTH, 1, 1, 1, Padding.same(0), true), latent);
        return op(new Reshape(Shape.of(1, PICTURE, WIDTH)), op(Transpose.of(0, 2, 3, 1), image));
    }

    private Value norm(Value x) {
        return op(new LayerNorm(x.shape().dim(-1), 1e-5, false), x);
    }

    /** RMS norm of each head, as SD3.5 has it. */
    private Value normByHead(Value x) {
        int tokens = x.shape().dim(1);
        Value heads = op(new Reshape(Shape.of(1, tokens, 2, WIDTH / 2)), x);
        return op(new Reshape(x.shape()), op(new RmsNorm(WIDTH / 2, 1e-6), heads));
    }

    private Value attention(Value q, Value k, Value v) {
        return op(new Attention(2, 0.5, false), q, k, v);
    }

    private Value gelu(Value x) {
        return op(new Activate(Activate.Function.GELU_TANH), x);
    }

    private Value add(Value a, Value b) {
        return op(new Add(), a, b);
    }

    private List<String> content(Value... outputs) {
        for (int i = 0; i < outputs.length; i++) {
            graph.output("out" + i, outputs[i]);
        }
        Graph built = graph.build();
        Map<String, LayerGroup> groups = LayerGroups.of(built);
        assertThat(groups.keySet())
                .containsExactlyElementsOf(
                        built.layers().stream().map(layer -> layer.id()).toList());
        return groups.entrySet().stream()
                .filter(entry -> entry.getValue() == LayerGroup.CONTENT)
                .map(Map.Entry::getKey)
                .toList();
    }

    @Test
    void crossAttentionAndFeedForwardAgainstSelfAttention() {
        Value x = pixels("a");
        Value y = words();
        Value n = norm(x);
        x = add(x, linear("e", attention(linear("b", n), linear("c", n), linear("d", n))));
        x = add(x, linear("i", attention(normByHead(linear("f", norm(x))), linear("g", y), linear("h", y))));
        x = add(x, linear("k", gelu(linear("j", norm(x), 4 * WIDTH))));
        assertThat(content(linear("l", x))).containsExactly("f", "g", "h", "i", "j", "k");
    }

    @Test
    void oneLayerForQueriesKeysAndValuesIsOfItsAttention() {
        Value y = words();
        Value keysAndValues = linear("b", y, 2 * WIDTH);
        Value k = op(new Slice(2, 0, WIDTH), keysAndValues);
        Value v = op(new Slice(2, WIDTH, 2 * WIDTH), keysAndValues);
        Value x = pixels("a");
        assertThat(content(add(x, attention(linear("c", x), k, v)))).containsExactly("b", "c");
    }

    @Test
    void gatedFeedForwardIsOneToo() {
        Value x = pixels("a");
        Value gated = op(new Mul(), gelu(linear("b", norm(x), 16)), linear("c", norm(x), 16));
        assertThat(content(add(x, linear("d", gated)))).containsExactly("b", "c", "d");
    }

    @Test
    void layersThatAddNothingToTheirInputOrHaveNoTokensAreNoFeedForward() {
        Value vector = graph.input("vector", DType.F32, Shape.of(1, WIDTH));
        Value time = add(vector, linear("b", gelu(linear("a", vector))));
        Value x = pixels("c");
        x = add(x, op(new Reshape(Shape.of(1, 1, WIDTH)), time));
        Value embedded = linear("e", gelu(linear("d", x)));
        Value straight = add(embedded, linear("g", linear("f", embedded)));
        assertThat(content(straight)).isEmpty();
    }

    /**
     * A block of joint attention as in SD3: text and picture have projections of their own, are joined to attend, and
     * each goes through feed-forward layers of its own, scaled by a gate from the timestep.
     */
    @Test
    void theTextsStreamAndWhatJointAttentionReadsAgainstTheRestOfThePicturesStream() {
        Value gate = linear("gate", graph.input("vector", DType.F32, Shape.of(1, WIDTH)));
        gate = op(new Reshape(Shape.of(1, 1, WIDTH)), gate);
        Value x = pixels("patches");
        Value y = linear("embed_text", words());
        for (int block = 0; block < 2; block++) {
            Value[] q = {normByHead(linear("q" + block, norm(x))), normByHead(linear("text_q" + block, norm(y)))};
            Value[] k = {linear("k" + block, norm(x)), linear("text_k" + block, norm(y))};
            Value[] v = {linear("v" + block, norm(x)), linear("text_v" + block, norm(y))};
            Concat join = new Concat(1);
            Value joint = attention(op(join, q), op(join, k), op(join, v));
            Value ofPicture = linear("out" + block, op(new Slice(1, 0, PICTURE), joint));
            Value ofText = linear("text_out" + block, op(new Slice(1, PICTURE, PICTURE + TEXT), joint));
            x = add(x, op(new Mul(), gate, ofPicture));
            y = add(y, op(new Mul(), gate, ofText));
            Value n = norm(x);
            Value self =
                    attention(linear("self_q" + block, n), linear("self_k" + block, n), linear("self_v" + block, n));
            x = add(x, linear("self_out" + block, self));
            x = add(x, op(new Mul(), gate, linear("ff2_" + block, gelu(linear("ff1_" + block, norm(x))))));
            y = add(y, op(new Mul(), linear("text_ff2_" + block, gelu(linear("text_ff1_" + block, norm(y)))), gate));
        }
        assertThat(content(linear("last", x), y))
                .containsExactlyInAnyOrder(
                        "embed_text",
                        "q0",
                        "k0",
                        "v0",
                        "text_q0",
                        "text_k0",
                        "text_v0",
                        "text_out0",
                        "text_ff1_0",
                        "text_ff2_0",
                        "q1",
                        "k1",
                        "v1",
                        "text_q1",
                        "text_k1",
                        "text_v1",
                        "text_out1",
                        "text_ff1_1",
                        "text_ff2_1");
    }

    @Test
    void withoutTextNoAttentionIsOfTheContent() {
        Value x = pixels("a");
        Value n = norm(x);
        x = add(x, linear("e", attention(linear("b", n), linear("c", n), linear("d", n))));
        assertThat(content(x)).isEmpty();
    }
}
