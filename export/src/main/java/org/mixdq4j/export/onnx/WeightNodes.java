package org.mixdq4j.export.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.quant.WeightPacking;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Weights of quantized layers. Those of Linears are turned to [inputs, outputs], as MatMul reads them. Integers that are
 * multiplied with integers are s8, whatever their bits: codes are multiplied by the multipliers of their groups before they are
 * written. Weights of 4 bits that meet float inputs stay 4-bit integers, with a scale for each group of a Linear.
 */
final class WeightNodes {
    private static final int SMALL_BITS = 4;

    private final OnnxGraph onnx;
    private final boolean wide;
    private final Map<String, String> integers = new HashMap<>();
    private final Map<String, String> reals = new HashMap<>();

    /** @param wide whether 4-bit weights of one scale a channel are s8 too, which TensorRT has in groups only */
    WeightNodes(OnnxGraph onnx, boolean wide) {
        this.onnx = onnx;
        this.wide = wide;
    }

    /** Initializer of a segment's integers, s8. */
    String integers(Node node, Segment segment) {
        return integers.computeIfAbsent(name(node, segment), name -> {
            ByteBuffer bytes = segment.weight().buffer();
            return onnx.tensor(
                    name,
                    OnnxType.INT8,
                    dims(node, segment),
                    conv(node)
                            ? sink -> sink.accept(bytes)
                            : FloatTensors.transposedBytes(
                                    bytes, segment.weight().shape().dim(0)));
        });
    }

    /** The weight's values: a float initializer, or integers dequantized. */
    String real(Node node, Segment segment) {
        return reals.computeIfAbsent(name(node, segment), name -> {
            if (!segment.integerWeight()) {
                return onnx.tensor(
                        name,
                        OnnxType.FLOAT,
                        dims(node, segment),
                        conv(node)
                                ? FloatTensors.asIs(name, segment.weight())
                                : FloatTensors.transposed(name, segment.weight()));
            }
            WeightCode code = segment.code();
            boolean small = segment.activation().isEmpty() && code.bits() == SMALL_BITS;
            if (small && code.group() > 0 && !conv(node)) {
                return grouped(node, segment, name);
            }
            boolean packed = small && code.group() == 0 && !wide;
            String levels = packed ? codes(node, segment, name) : integers(node, segment);
            int outputs = segment.weightScale().length;
            String zeros = onnx.constant(
                    "zeros",
                    packed ? OnnxType.INT4 : OnnxType.INT8,
                    new long[] {outputs},
                    new byte[packed ? (outputs + 1) / 2 : outputs]);
            String scales = onnx.floats(name + "_scale", new long[] {outputs}, segment.weightScale());
            return onnx.add(
                    "DequantizeLinear",
                    name + "/real",
                    List.of(levels, scales, zeros),
                    Attribute.of("axis", conv(node) ? 0 : 1));
        });
    }

    /** Codes of 4 bits with a scale for each group: the channel's times the group's multiplier. */
    private String grouped(Node node, Segment segment, String name) {
        WeightCode code = segment.code();
        int outputs = segment.weightScale().length;
        int width = segment.to() - segment.from();
        int groups = code.groups(width);
        float[] scales = new float[groups * outputs];
        for (int g = 0; g < groups; g++) {
            for (int o = 0; o < outputs; o++) {
                scales[g * outputs + o] = segment.weightScale()[o] * code.multiplier(o, g * code.group(), width);
            }
        }
        return onnx.add(
                "DequantizeLinear",
                name + "/real",
                List.of(codes(node, segment, name), onnx.floats(name + "_scale", new long[] {groups, outputs}, scales)),
                Attribute.of("axis", 0),
                Attribute.of("block_size", code.group()));
    }

    /** Initializer of codes of 4 bits. */
    private String codes(Node node, Segment segment, String name) {
        byte[] codes = WeightPacking.codes(segment.weight(), segment.code());
        int outputs = segment.weightScale().length;
        int width = codes.length / outputs;
        byte[] packed = new byte[(codes.length + 1) / 2];
        boolean turned = !conv(node);
        for (int i = 0; i < codes.length; i++) {
            int from = turned ? i % outputs * width + i / outputs : i;
            packed[i / 2] |= (byte) ((codes[from] & 0xF) << 4 * (i % 2));
        }
        return onnx.tensor(name, OnnxType.INT4, dims(node, segment), sink -> sink.accept(ByteBuffer.wrap(packed)));
    }

    /** Factors from integer sums to values, one an output. */
    String outputScales(Node node, Segment segment, boolean conv) {
        float[] scales = IntegerLayers.outputScales(segment);
        long[] dims = conv ? new long[] {scales.length, 1, 1} : new long[] {scales.length};
        return onnx.floats(name(node, segment) + "_scale", dims, scales);
    }

    /** A bias as integers of the sums' own scale. */
    String integerBias(Node node, Segment segment, Tensor bias) {
        float[] values = bias.toFloatArray();
        float[] scales = IntegerLayers.outputScales(segment);
        ByteBuffer levels = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int o = 0; o < values.length; o++) {
            levels.putInt((int) Math.rint(values[o] / (double) scales[o]));
        }
        long[] dims = {values.length};
        return onnx.add(
                "DequantizeLinear",
                node.id() + ".bias/real",
                List.of(
                        onnx.constant(node.id() + ".bias", OnnxType.INT32, dims, levels.array()),
                        onnx.floats(node.id() + ".bias_scale", dims, scales),
                        onnx.constant("zeros", OnnxType.INT32, dims, new byte[4 * values.length])),
                Attribute.of("axis", 0));
    }

    private static boolean conv(Node node) {
        return node.op() instanceof Conv2d;
    }

    private static String name(Node node, Segment segment) {
        return node.id() + ".weight" + (segment.from() == 0 ? "" : "/" + segment.from());
    }

    private static long[] dims(Node node, Segment segment) {
        Shape shape = segment.weight().shape();
        return conv(node) ? shape.toLongArray() : new long[] {shape.dim(1), shape.dim(0)};
    }
}
