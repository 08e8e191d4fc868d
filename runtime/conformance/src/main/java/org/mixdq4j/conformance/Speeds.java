package org.mixdq4j.conformance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** What SDXL's UNet is made of at 512x512, piece by piece: for time, not for numbers. */
public final class Speeds {
    /**
     * A piece.
     *
     * @param operations multiplications and additions
     * @param integers whether they are of integers
     * @param bytes of FP32 inputs and outputs, each once
     */
    public record Speed(
            String name,
            Graph graph,
            MemoryWeights weights,
            QuantizedLayers layers,
            Map<String, Tensor> inputs,
            double operations,
            boolean integers,
            double bytes) {}

    private static final QuantizedForms W8 = QuantizedForms.plain(8, 8);
    private static final QuantizedForms W4 = QuantizedForms.plain(4, 8).grouped(64);

    private final List<Speed> speeds = new ArrayList<>();

    private Speeds() {}

    /** In order of the network. */
    public static List<Speed> all() {
        Speeds made = new Speeds();
        for (int[] s : new int[][] {{320, 320, 64}, {640, 640, 32}, {1280, 1280, 16}, {2560, 1280, 16}}) {
            Conv2d op = new Conv2d(s[0], s[1], 3, 3, 1, Conv2d.Padding.same(1), true);
            made.layer(op, Shape.of(1, s[0], s[2], s[2]), Optional.empty());
            made.layer(op, Shape.of(1, s[0], s[2], s[2]), Optional.of(W8));
        }
        made.layer(
                new Conv2d(1280, 1280, 3, 3, 1, Conv2d.Padding.same(1), true),
                Shape.of(1, 1280, 16, 16),
                Optional.of(W4));
        for (int[] s : new int[][] {{1024, 640, 640}, {256, 1280, 1280}, {256, 1280, 10240}, {256, 5120, 1280}}) {
            Linear op = new Linear(s[1], s[2], true);
            Shape shape = Shape.of(1, s[0], s[1]);
            made.layer(op, shape, Optional.empty());
            made.layer(op, shape, Optional.of(W8));
            made.layer(op, shape, Optional.of(W8.byToken()));
            made.layer(op, shape, Optional.of(W4));
        }
        made.attention(1024, 1024, 10);
        made.attention(1024, 77, 10);
        made.attention(256, 256, 20);
        made.op(new GeGlu(), Shape.of(1, 256, 10240));
        made.op(new LayerNorm(1280, 1e-5, true), Shape.of(1, 256, 1280));
        made.op(new GroupNorm(32, 320, 1e-5), Shape.of(1, 320, 64, 64));
        made.block();
        return made.speeds;
    }

    private void layer(Op op, Shape shape, Optional<QuantizedForms> form) {
        Tensor x = Values.NORMAL.of(shape, 1);
        Graph graph = OneNode.graph(op, x);
        add(op.name() + " " + shape + " to " + graph.shape(OneNode.ID), graph, form);
    }

    private void op(Op op, Shape shape) {
        add(op.name() + " " + shape, OneNode.graph(op, Values.NORMAL.of(shape, 1)), Optional.empty());
    }

    private void attention(int queries, int keys, int heads) {
        Shape q = Shape.of(1, queries, 64 * heads);
        Shape k = Shape.of(1, keys, 64 * heads);
        Graph graph = OneNode.graph(
                new Attention(heads, 0.125, false),
                Values.NORMAL.of(q, 1),
                Values.NORMAL.of(k, 2),
                Values.NORMAL.of(k, 3));
        add("Attention " + q + " to " + k, graph, Optional.empty());
    }

    /** Norm, activation and convolution as they follow each other. */
    private void block() {
        GraphBuilder b = new GraphBuilder("Block");
        Value x = b.input("in0", DType.F32, Shape.of(1, 320, 64, 64));
        Value h = b.add("act", new Activate(Activate.Function.SILU), b.add("norm", new GroupNorm(32, 320, 1e-5), x));
        b.output("out", b.add("conv", new Conv2d(320, 320, 3, 3, 1, Conv2d.Padding.same(1), true), h));
        Graph graph = b.build();
        add("GroupNorm, SiLU, Conv2d [1, 320, 64, 64]", graph, Optional.empty());
        add("GroupNorm, SiLU, Conv2d [1, 320, 64, 64]", graph, Optional.of(W8));
    }

    private void add(String name, Graph graph, Optional<QuantizedForms> form) {
        MemoryWeights weights = MemoryWeights.randomFor(graph, 5);
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (Node node : graph.layers()) {
            form.ifPresent(f -> layers.put(
                    node.id(),
                    f.of(
                            node.layer(),
                            weights.tensor(node.id() + ".weight"),
                            Optional.of(weights.tensor(node.id() + ".bias")),
                            6)));
        }
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        graph.inputs().forEach((id, input) -> inputs.put(id, Values.NORMAL.of(input.shape(), id.hashCode())));
        speeds.add(new Speed(
                name + form.map(f -> ", " + f.description()).orElse(", F32"),
                graph,
                weights,
                QuantizedLayers.of(layers),
                inputs,
                graph.nodes().stream()
                        .mapToDouble(node -> operations(graph, node))
                        .sum(),
                form.isPresent(),
                bytes(graph)));
    }

    private static double operations(Graph graph, Node node) {
        double elements = node.shape().elements();
        if (node.op() instanceof Conv2d conv) {
            return 2 * elements * conv.inputs() * conv.kernelHeight() * conv.kernelWidth();
        }
        if (node.op() instanceof Linear linear) {
            return 2 * elements * linear.inputs();
        }
        if (node.op() instanceof Attention) {
            return 4 * elements * graph.shape(node.inputs().get(1)).dim(1);
        }
        return 0;
    }

    private static double bytes(Graph graph) {
        long elements = 0;
        for (String id : graph.inputs().keySet()) {
            elements += graph.shape(id).elements();
        }
        for (String id : graph.outputs().values()) {
            elements += graph.shape(id).elements();
        }
        return 4.0 * elements;
    }
}
