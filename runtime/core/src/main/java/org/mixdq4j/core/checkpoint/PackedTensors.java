package org.mixdq4j.core.checkpoint;

import static org.mixdq4j.core.checkpoint.CheckpointFormat.WEIGHT;
import static org.mixdq4j.core.checkpoint.CheckpointFormat.WEIGHT_MULTIPLIER;
import static org.mixdq4j.core.checkpoint.CheckpointFormat.WEIGHT_SHAPE;
import static org.mixdq4j.core.checkpoint.LayerTensors.require;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.quant.WeightPacking;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Axes;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * An integer weight of fewer than 8 bits as named tensors: {@code .weight} U8 [outputs, bytes of a row], packed by
 * {@link WeightPacking} with the segments side by side along the input axis; {@code .weight_shape} I64, the float weight's
 * shape; with groups {@code .weight_multiplier} U8 [outputs, groups of all segments].
 *
 * @param integers I8 in the float weight's shape
 * @param codes of each segment
 */
record PackedTensors(Tensor integers, List<WeightCode> codes) {

    static Map<String, Tensor> write(String id, List<Segment> segments) {
        List<Tensor> parts = new ArrayList<>();
        List<Tensor> multipliers = new ArrayList<>();
        int outputs = segments.get(0).weight().shape().dim(0);
        for (Segment segment : segments) {
            parts.add(bytes(DType.I8, segment.weight().shape(), WeightPacking.codes(segment.weight(), segment.code())));
            int groups = segment.code().multipliers().length / outputs;
            if (groups > 0) {
                multipliers.add(bytes(
                        DType.U8, Shape.of(outputs, groups), segment.code().multipliers()));
            }
        }
        Tensor codes = Axes.join(1, parts);
        int bits = segments.get(0).code().bits();
        byte[] packed = WeightPacking.pack(copy(codes), outputs, bits);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put(id + WEIGHT, bytes(DType.U8, Shape.of(outputs, packed.length / outputs), packed));
        long[] dims = new long[codes.shape().rank()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = codes.shape().dim(i);
        }
        tensors.put(id + WEIGHT_SHAPE, Tensor.ofLongs(Shape.of(dims.length), dims));
        if (!multipliers.isEmpty()) {
            tensors.put(id + WEIGHT_MULTIPLIER, Axes.join(1, multipliers));
        }
        return tensors;
    }

    static PackedTensors read(String id, WeightQuant weight, LayerQuant quant, WeightSource tensors) {
        Shape shape = shape(id, tensors);
        int outputs = shape.dim(0);
        int width = Math.toIntExact(shape.elements() / outputs);
        int taps = width / shape.dim(1);
        String name = id + WEIGHT;
        Shape packedShape = Shape.of(outputs, WeightPacking.rowBytes(width, weight.bits()));
        require(
                tensors.dtype(name) == DType.U8 && tensors.shape(name).equals(packedShape),
                id,
                "its packed weight is " + tensors.dtype(name) + tensors.shape(name) + ", not U8" + packedShape);
        Tensor codes = bytes(
                DType.I8, shape, WeightPacking.unpack(tensors.tensor(name).buffer(), outputs, width, weight.bits()));
        List<Integer> edges = quant.edges(shape.dim(1));
        List<Tensor> parts = new ArrayList<>();
        List<WeightCode> segmentCodes = new ArrayList<>();
        int group = 0;
        for (int i = 0; i + 1 < edges.size(); i++) {
            int from = edges.get(i);
            int to = edges.get(i + 1);
            require(from < to && to <= shape.dim(1), id, "its split " + quant.split() + " does not part its inputs");
            WeightCode code = WeightCode.plain(weight.bits());
            byte[] integers = copy(edges.size() == 2 ? codes : Axes.narrow(codes, 1, from, to));
            if (weight.group() > 0) {
                int groups = ((to - from) * taps + weight.group() - 1) / weight.group();
                code = multipliers(id, weight, tensors, group, groups);
                group += groups;
            }
            WeightPacking.expand(integers, outputs, code);
            segmentCodes.add(code);
            parts.add(bytes(DType.I8, shape.with(1, to - from), integers));
        }
        return new PackedTensors(parts.size() == 1 ? parts.get(0) : Axes.join(1, parts), segmentCodes);
    }

    private static WeightCode multipliers(String id, WeightQuant weight, WeightSource tensors, int first, int groups) {
        Tensor all = tensors.tensor(id + WEIGHT_MULTIPLIER);
        require(
                all.dtype() == DType.U8
                        && all.shape().rank() == 2
                        && first + groups <= all.shape().dim(1),
                id,
                "its multipliers are " + all);
        try {
            return new WeightCode(weight.bits(), weight.group(), copy(Axes.narrow(all, 1, first, first + groups)));
        } catch (IllegalArgumentException e) {
            throw LayerTensors.damaged(id, e.getMessage());
        }
    }

    private static Shape shape(String id, WeightSource tensors) {
        long[] dims = tensors.tensor(id + WEIGHT_SHAPE).toLongArray();
        int[] checked = new int[dims.length];
        for (int i = 0; i < dims.length; i++) {
            require(dims[i] > 0 && dims[i] <= Integer.MAX_VALUE, id, "its shape holds " + dims[i]);
            checked[i] = (int) dims[i];
        }
        require(checked.length >= 2, id, "its shape has " + checked.length + " dimensions");
        return Shape.of(checked);
    }

    private static Tensor bytes(DType type, Shape shape, byte[] values) {
        Tensor tensor = Tensor.zeros(type, shape);
        tensor.buffer().put(0, values);
        return tensor;
    }

    private static byte[] copy(Tensor tensor) {
        byte[] values = new byte[Math.toIntExact(tensor.shape().elements())];
        tensor.buffer().get(0, values);
        return values;
    }
}
