package org.mixdq4j.export.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Quantized layers as ONNX operators. Values that several layers quantize alike are quantized once. A split input is cut where
 * the layer cuts it and the products added; where a concat made it, its parts are read before they are joined.
 */
final class LayerNodes {
    private final Graph graph;
    private final Values values;
    private final OnnxGraph onnx;
    private final FloatNodes floats;
    private final OnnxOptions options;
    private final InputNodes inputs;
    private final WeightNodes weights;

    LayerNodes(Graph graph, Values values, OnnxGraph onnx, FloatNodes floats, OnnxOptions options) {
        this.graph = graph;
        this.values = values;
        this.onnx = onnx;
        this.floats = floats;
        this.options = options;
        this.inputs = new InputNodes(onnx, options.form() == QuantForm.TENSORRT);
        this.weights = new WeightNodes(onnx, options.form() == QuantForm.TENSORRT);
    }

    /** Adds what computes a quantized layer. @param out name of its value, claimed. @return that name */
    String add(Node node, QuantizedLayer layer, String out) {
        List<String> parts = parts(node, layer);
        String sum = layer.bos() ? withFirstToken(node, layer, parts, out) : sum(node, layer, parts, out, true);
        AffineParams range = options.outputs().get(node.id());
        if (range == null || options.form() != QuantForm.QDQ || layer.bos() || parts.size() > 1) {
            return biased(node, layer, sum, out);
        }
        boolean inside = node.op() instanceof Conv2d;
        String whole = inside ? sum : biased(node, layer, sum, onnx.claim(out + "/float"));
        String levels = inputs.quantized(whole, range);
        List<String> reads =
                List.of(levels, onnx.number("output_scale", range.scale()), inputs.zeroPoint(range.zeroPoint()));
        return onnx.addNamed("DequantizeLinear", out, reads);
    }

    /** The bias added, but for convolutions in float, which have added it. */
    private String biased(Node node, QuantizedLayer layer, String sum, String out) {
        boolean conv = node.op() instanceof Conv2d;
        if (layer.bias().isEmpty() || conv && !integer(layer.segments().get(0))) {
            return onnx.addNamed("Identity", out, List.of(sum));
        }
        Tensor bias = layer.bias().get();
        // With a bias of one axis ONNX Runtime makes a float Gemm of product and sum, and the integers are lost.
        long[] dims = new long[conv ? 3 : node.shape().rank()];
        Arrays.fill(dims, 1);
        dims[conv ? 0 : dims.length - 1] = bias.shape().dim(0);
        return onnx.addNamed("Add", out, List.of(sum, bias(node, bias, dims)));
    }

    private String bias(Node node, Tensor bias, long[] dims) {
        String name = node.id() + ".bias";
        return onnx.tensor(name, OnnxType.FLOAT, dims, FloatTensors.asIs(name, bias));
    }

    /** What each segment reads. */
    private List<String> parts(Node node, QuantizedLayer layer) {
        String id = node.inputs().get(0);
        String x = values.name(id);
        int axis = graph.shape(id).axis(node.layer().inputAxis());
        if (layer.inputMultiplier().isPresent()) {
            float[] factors = layer.inputMultiplier().get();
            String multiplier = onnx.floats(node.id() + ".input_multiplier", new long[] {factors.length}, factors);
            x = onnx.shared("Mul", x + "/balanced", List.of(x, multiplier));
        }
        if (layer.rotation() != Rotation.NONE) {
            x = rotated(x, graph.shape(id), layer.rotation());
        }
        List<String> parts = new ArrayList<>();
        for (Segment segment : layer.segments()) {
            boolean whole = layer.segments().size() == 1;
            String joined = layer.readsAsIs() ? beforeConcat(id, axis, segment) : null;
            parts.add(
                    whole
                            ? x
                            : joined != null
                                    ? joined
                                    : onnx.shared(
                                            "Slice",
                                            x + "/part",
                                            floats.sliceInputs(x, axis, segment.from(), segment.to())));
        }
        return parts;
    }

    /** Runs of features times the matrix: equal to {@link Rotation} but for the order of sums. */
    private String rotated(String x, Shape shape, int size) {
        float[] matrix = new float[size * size];
        for (int i = 0; i < size; i++) {
            matrix[i * size + i] = 1;
        }
        Rotation.apply(matrix, 0, matrix.length, size);
        String by = onnx.floats("rotation_" + size, new long[] {size, size}, matrix);
        long features = shape.dim(-1);
        String runs = onnx.shared("Reshape", x + "/runs", List.of(x, onnx.ints("shape", -1, features / size, size)));
        String turned = onnx.shared("MatMul", x + "/rotated_runs", List.of(runs, by));
        return onnx.shared("Reshape", x + "/rotated", List.of(turned, onnx.ints("shape", shape.toLongArray())));
    }

    /** The value a concat puts where the segment reads; null if there is no such one. */
    private String beforeConcat(String id, int axis, Segment segment) {
        if (graph.inputs().containsKey(id)
                || !(graph.node(id).op() instanceof Concat concat)
                || concat.axis() != axis) {
            return null;
        }
        int from = 0;
        for (String input : graph.node(id).inputs()) {
            int to = from + graph.shape(input).dim(axis);
            if (from == segment.from() && to == segment.to()) {
                return values.name(input);
            }
            from = to;
        }
        return null;
    }

    /** The products of all segments, added. */
    private String sum(Node node, QuantizedLayer layer, List<String> parts, String out, boolean quantized) {
        String sum = null;
        for (int i = 0; i < parts.size(); i++) {
            Segment segment = layer.segments().get(i);
            String name = out + (parts.size() == 1 ? "" : "/" + i);
            String product = quantized
                    ? product(node, layer, segment, parts.get(i), name, i == 0)
                    : onnx.add("MatMul", name + "/float", List.of(parts.get(i), weights.real(node, segment)));
            sum = sum == null ? product : onnx.add("Add", out + "/sum", List.of(sum, product));
        }
        return sum;
    }

    /** The first token by itself, in float, before the others. */
    private String withFirstToken(Node node, QuantizedLayer layer, List<String> parts, String out) {
        int tokens = node.shape().dim(1);
        List<String> first = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (String part : parts) {
            first.add(onnx.shared("Slice", part + "/first", floats.sliceInputs(part, 1, 0, 1)));
            others.add(onnx.shared("Slice", part + "/others", floats.sliceInputs(part, 1, 1, tokens)));
        }
        String a = sum(node, layer, first, out + "/first", false);
        String b = sum(node, layer, others, out, true);
        return onnx.add("Concat", out + "/tokens", List.of(a, b), Attribute.of("axis", 1));
    }

    private String product(Node node, QuantizedLayer layer, Segment segment, String x, String out, boolean first) {
        if (integer(segment)) {
            return integerProduct(node, segment, x, out);
        }
        boolean dynamic = segment.perToken() && options.form() == QuantForm.TENSORRT;
        String input = segment.activation().isEmpty() || dynamic
                ? x
                : segment.perToken()
                        ? inputs.tokens(x, (TokenParams) segment.activation().get())
                        : inputs.rounded(x, segment.fixed());
        String weight = weights.real(node, segment);
        if (!(node.op() instanceof Conv2d conv)) {
            return onnx.add("MatMul", out + "/product", List.of(input, weight));
        }
        List<String> reads = new ArrayList<>(List.of(input, weight));
        if (first && layer.bias().isPresent()) {
            Tensor bias = layer.bias().get();
            // ONNX Runtime convolves in integers only where the bias has their scale; TensorRT wants it in float.
            reads.add(
                    options.outputs().containsKey(node.id())
                                    && segment.integerWeight()
                                    && layer.segments().size() == 1
                            ? weights.integerBias(node, segment, bias)
                            : bias(node, bias, new long[] {bias.shape().dim(0)}));
        }
        return onnx.add("Conv", out + "/product", reads, FloatNodes.convolution(conv));
    }

    /** Whether a segment is written with integer products. */
    private boolean integer(Segment segment) {
        return segment.integerWeight()
                && segment.activation().isPresent()
                && (options.form() == QuantForm.INTEGER || segment.perToken() && options.form() == QuantForm.QDQ);
    }

    private String integerProduct(Node node, Segment segment, String x, String out) {
        InputNodes.Levels levels = segment.perToken()
                ? inputs.tokenLevels(x, (TokenParams) segment.activation().orElseThrow())
                : new InputNodes.Levels(inputs.quantized(x, segment.fixed()), null);
        List<String> reads =
                List.of(levels.integers(), weights.integers(node, segment), inputs.zeroPoint(segment.zeroPoint()));
        boolean conv = node.op() instanceof Conv2d;
        String sums = conv
                ? onnx.add("ConvInteger", out + "/sums", reads, FloatNodes.convolution((Conv2d) node.op()))
                : onnx.add("MatMulInteger", out + "/sums", reads);
        String numbers = onnx.add("Cast", out + "/numbers", List.of(sums), Attribute.of("to", OnnxType.FLOAT.number()));
        String product = onnx.add("Mul", out + "/product", List.of(numbers, weights.outputScales(node, segment, conv)));
        return levels.rowScales() == null
                ? product
                : onnx.add("Mul", out + "/rows", List.of(product, levels.rowScales()));
    }
}
