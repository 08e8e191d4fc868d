package org.mixdq4j.conformance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.SplitPoints;
import org.mixdq4j.core.graph.analysis.TextProjections;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Blocks of the networks there are, small: what executors fuse. In float, and quantized in several ways. */
final class NetworkCases {
    private static final Bound FLOAT = Bound.relative(2e-5);
    /** A value next to a rounding boundary moves a whole step of its integers. */
    private static final Bound QUANTIZED = new Bound.Decibels(45);

    /** Executors may give queries, keys and values 8 bits each. */
    private static final Bound MANY_KEYS = new Bound.Decibels(35);

    private NetworkCases() {}

    static List<Case> all() {
        return All.CASES;
    }

    /** Made once for all who are tested in a process. */
    private static final class All {
        private static final List<Case> CASES = List.copyOf(make());
    }

    private static List<Case> make() {
        List<Graph> graphs =
                List.of(resnet(6, 10, 5), resnet(16, 16, 8), transformer(), shortcut(), joint(), sampling());
        List<Case> cases = new ArrayList<>();
        QuantizedForms w8 = QuantizedForms.plain(8, 8);
        for (Graph graph : graphs) {
            cases.add(of(graph, "in float", List.of(), FLOAT));
            cases.add(of(graph, "with one range an input", List.of(w8), QUANTIZED));
            cases.add(of(graph, "token by token", List.of(w8.byToken()), QUANTIZED));
            // One range would do at the end of a product, but for the rotation.
            cases.add(of(graph, "with one range an input, rotated", List.of(w8.rotated(16)), QUANTIZED));
            cases.add(of(graph, "token by token, rotated", List.of(w8.byToken().rotated(16)), QUANTIZED));
            cases.add(of(
                    graph,
                    "of mixed precision",
                    List.of(
                            w8,
                            QuantizedForms.plain(4, 8).grouped(16),
                            QuantizedForms.plain(8, 0),
                            w8.byToken().balanced(),
                            QuantizedForms.plain(4, 8)),
                    QUANTIZED));
        }
        // Rows in one piece, in several, and in one because there is no number to divide them by.
        for (int rows : new int[] {1, 300, 259}) {
            cases.add(of(gated(rows, 64), "with one range an input", List.of(w8), QUANTIZED));
        }
        cases.add(of(gated(20, 192), "token by token", List.of(w8.byToken()), QUANTIZED));
        cases.add(of(
                gated(300, 512), "of 4 bits", List.of(QuantizedForms.plain(4, 8).grouped(16)), QUANTIZED));
        // Keys enough that attention may be made of integers, too.
        cases.add(of(attending(520), "with one range an input", List.of(w8), MANY_KEYS));
        cases.add(of(attending(520), "token by token", List.of(w8.byToken()), MANY_KEYS));
        // Wide enough that kernels make sums in parts, which some keep where the result will be.
        cases.add(of(resnet(1280, 128, 8), "with one range an input", List.of(w8), QUANTIZED));
        cases.add(of(
                resnet(1280, 128, 8),
                "with convolutions in float",
                List.of(w8.byToken()),
                Set.of(Conv2d.class),
                QUANTIZED));
        return cases;
    }

    private static Case of(Graph graph, String how, List<QuantizedForms> forms, Bound bound) {
        return of(graph, how, forms, Set.of(), bound);
    }

    private static Case of(
            Graph graph, String how, List<QuantizedForms> forms, Set<Class<? extends Layer>> floats, Bound bound) {
        return of(graph, weights(graph), how, forms, floats, bound);
    }

    static MemoryWeights weights(Graph graph) {
        return MemoryWeights.randomFor(graph, 31);
    }

    /** @param forms layers take turns; none leaves all in float. @param floats what stays in float besides */
    static Case of(
            Graph graph,
            MemoryWeights weights,
            String how,
            List<QuantizedForms> forms,
            Set<Class<? extends Layer>> floats,
            Bound bound) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        graph.inputs().forEach((name, input) -> inputs.put(name, Values.NORMAL.of(input.shape(), name.hashCode())));
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        Set<String> texts = TextProjections.of(graph);
        for (Node node : graph.layers()) {
            if (forms.isEmpty() || floats.contains(node.layer().getClass())) {
                continue;
            }
            boolean linear = node.op() instanceof Linear;
            QuantizedForms form = forms.get(layers.size() % forms.size());
            List<Integer> split = SplitPoints.of(graph).getOrDefault(node.id(), List.of());
            boolean rotates = linear
                    && Rotation.fits(split, form.rotation())
                    && Rotation.fits(List.of(node.layer().inputs()), form.rotation());
            form = new QuantizedForms(
                    form.weight(),
                    form.inputBits(),
                    linear && form.token(),
                    split,
                    texts.contains(node.id()) && form.inputBits() > 0 && !form.token(),
                    linear && form.factors(),
                    rotates ? form.rotation() : Rotation.NONE);
            Optional<Tensor> bias =
                    node.layer().bias() ? Optional.of(weights.tensor(node.id() + ".bias")) : Optional.empty();
            // One seed for all: what reads one value alike shares its integers.
            layers.put(node.id(), form.of(node.layer(), weights.tensor(node.id() + ".weight"), bias, 32));
        }
        return new Case(graph.name() + " " + how, graph, weights, QuantizedLayers.of(layers), inputs, bound);
    }

    /** A graph under construction, with ids counted. */
    static final class Net {
        private final GraphBuilder builder;

        Net(String name) {
            builder = new GraphBuilder(name);
        }

        Value input(String name, int... dims) {
            return builder.input(name, DType.F32, Shape.of(dims));
        }

        Value add(String id, Op op, Value... from) {
            return builder.add(id, op, from);
        }

        Value silu(String id, Value x) {
            return add(id, new Activate(Activate.Function.SILU), x);
        }

        Value linear(String id, Value x, int outputs) {
            return add(id, new Linear(x.shape().dim(-1), outputs, true), x);
        }

        Value conv(String id, Value x, int outputs, int kernel) {
            return add(
                    id,
                    new Conv2d(x.shape().dim(1), outputs, kernel, kernel, 1, Conv2d.Padding.same(kernel / 2), true),
                    x);
        }

        Value norm(String id, Value x, int groups) {
            return add(id, new GroupNorm(groups, x.shape().dim(1), 1e-5), x);
        }

        Value layerNorm(String id, Value x, boolean affine) {
            return add(id, new LayerNorm(x.shape().dim(-1), 1e-6, affine), x);
        }

        Graph graph(Value... outputs) {
            for (int i = 0; i < outputs.length; i++) {
                builder.output("out" + i, outputs[i]);
            }
            return builder.build();
        }
    }

    /** Norms, convolutions, the time embedding's vector, a residual by way of a 1x1 convolution. */
    private static Graph resnet(int inputs, int outputs, int side) {
        Net net = new Net("ResnetBlock " + inputs + " to " + outputs);
        Value x = net.input("sample", 2, inputs, side, side + 1);
        Value time = net.input("time", 2, 12);
        Value h = net.conv("conv1", net.silu("act1", net.norm("norm1", x, 2)), outputs, 3);
        Value vector = net.linear("time_emb_proj", net.silu("act", time), outputs);
        h = net.add("add1", new Add(), h, net.add("vector", new Reshape(Shape.of(2, outputs, 1, 1)), vector));
        h = net.conv("conv2", net.silu("act2", net.norm("norm2", h, 2)), outputs, 3);
        Value skip = inputs == outputs ? x : net.conv("conv_shortcut", x, outputs, 1);
        return net.graph(net.add("add2", new Add(), skip, h));
    }

    /** Self-attention, attention to a text, GEGLU; a residual each. */
    private static Graph transformer() {
        Net net = new Net("TransformerBlock");
        Value image = net.input("sample", 1, 16, 5, 4);
        Value text = net.input("encoder_hidden_states", 1, 7, 10);
        Value normal = net.norm("norm", image, 4);
        Value x =
                net.add("tokens", new Reshape(Shape.of(1, 20, 16)), net.add("last", Transpose.of(0, 2, 3, 1), normal));
        Value a = net.layerNorm("norm1", x, true);
        a = net.add(
                "attn1",
                new Attention(2, 0.35, false),
                net.linear("attn1.to_q", a, 16),
                net.linear("attn1.to_k", a, 16),
                net.linear("attn1.to_v", a, 16));
        x = net.add("add1", new Add(), net.linear("attn1.to_out", a, 16), x);
        Value q = net.linear("attn2.to_q", net.layerNorm("norm2", x, true), 16);
        a = net.add(
                "attn2",
                new Attention(2, 0.35, false),
                q,
                net.linear("attn2.to_k", text, 16),
                net.linear("attn2.to_v", text, 16));
        x = net.add("add2", new Add(), net.linear("attn2.to_out", a, 16), x);
        Value f = net.add("geglu", new GeGlu(), net.linear("ff.proj", net.layerNorm("norm3", x, true), 96));
        x = net.add("add3", new Add(), net.linear("ff.out", f, 16), x);
        Value back = net.add(
                "first",
                Transpose.of(0, 3, 1, 2),
                net.add("unflat", new Reshape(Shape.of(1, 5, 4, 16)), net.linear("proj_out", x, 16)));
        return net.graph(net.add("add4", new Add(), back, image));
    }

    /** GEGLU between two layers whose features are multiples of what kernels take at a time. */
    private static Graph gated(int rows, int features) {
        Net net = new Net("GatedFeedForward of " + rows + " rows of " + features);
        Value x = net.input("hidden_states", 1, rows, features);
        Value f = net.add("geglu", new GeGlu(), net.linear("ff.proj", net.layerNorm("norm", x, true), 4 * features));
        return net.graph(net.add("add", new Add(), net.linear("ff.out", f, features), x));
    }

    /** Self-attention of many tokens. */
    private static Graph attending(int tokens) {
        Net net = new Net("SelfAttention of " + tokens + " tokens");
        Value x = net.input("hidden_states", 1, tokens, 32);
        Value normal = net.layerNorm("norm", x, true);
        Value a = net.add(
                "attn",
                new Attention(2, 0.25, false),
                net.linear("to_q", normal, 32),
                net.linear("to_k", normal, 32),
                net.linear("to_v", normal, 32));
        return net.graph(net.linear("to_out", a, 32));
    }

    /** A concat that a norm and a 1x1 convolution read, as in the up blocks. */
    private static Graph shortcut() {
        Net net = new Net("Shortcut");
        Value a = net.conv("conv_a", net.input("sample", 1, 4, 6, 5), 8, 3);
        Value b = net.conv("conv_b", a, 12, 3);
        Value joined = net.add("joined", new Concat(1), b, a);
        Value h = net.conv("conv1", net.silu("act", net.norm("norm", joined, 4)), 12, 3);
        Value skip = net.conv("conv_shortcut", joined, 12, 1);
        return net.graph(net.add("sum", new Add(), skip, h), a);
    }

    /** Text and picture attend jointly, norms are modulated by the time, results gated. */
    private static Graph joint() {
        Net net = new Net("JointBlock");
        Value x = net.input("hidden_states", 1, 12, 16);
        Value text = net.input("encoder_hidden_states", 1, 5, 16);
        Value time = net.silu("act", net.input("time", 1, 16));
        Value modulation = net.linear("norm1.linear", time, 48);
        Value shift = part(net, "shift", modulation, 0);
        Value scale = part(net, "scale", modulation, 1);
        Value gate = part(net, "gate", modulation, 2);
        Value normal = net.layerNorm("norm1", x, false);
        Value scaled = net.add("scaled", new Add(), net.add("times", new Mul(), normal, scale), normal);
        Value modulated = net.add("modulated", new Add(), scaled, shift);
        Value context = net.layerNorm("norm1_context", text, false);
        Value q = net.add("q", new Concat(1), net.linear("to_q", modulated, 16), net.linear("add_q_proj", context, 16));
        Value k = net.add("k", new Concat(1), net.linear("to_k", modulated, 16), net.linear("add_k_proj", context, 16));
        Value v = net.add("v", new Concat(1), net.linear("to_v", modulated, 16), net.linear("add_v_proj", context, 16));
        Value attended = net.add("attn", new Attention(4, 0.5, false), q, k, v);
        Value ofImage = net.linear("to_out", net.add("image", new Slice(1, 0, 12), attended), 16);
        Value ofText = net.linear("to_add_out", net.add("text", new Slice(1, 12, 17), attended), 16);
        Value out = net.add("add1", new Add(), x, net.add("gated", new Mul(), gate, ofImage));
        Value f = net.linear("ff.0", net.layerNorm("norm2", out, false), 32);
        f = net.linear("ff.2", net.add("gelu", new Activate(Activate.Function.GELU_TANH), f), 16);
        return net.graph(net.add("add2", new Add(), out, f), net.add("add_context", new Add(), text, ofText));
    }

    private static Value part(Net net, String id, Value modulation, int index) {
        Value slice = net.add(id + ".slice", new Slice(1, 16 * index, 16 * index + 16), modulation);
        return net.add(id, new Reshape(Shape.of(1, 1, 16)), slice);
    }

    /** Down and up again. */
    private static Graph sampling() {
        Net net = new Net("Samplers");
        Value x = net.conv("conv_in", net.input("sample", 1, 3, 9, 8), 7, 3);
        Value down = net.add("down", new Conv2d(7, 11, 3, 3, 2, Conv2d.Padding.same(1), true), x);
        Value up = net.add("up", new UpsampleNearest(9, 8), down);
        Value out = net.conv("conv_up", up, 7, 3);
        return net.graph(net.conv("conv_out", net.silu("act", net.add("sum", new Add(), out, x)), 3, 3));
    }
}
