package org.mixdq4j.core.artifact.checkpoint;

import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.WEIGHT;
import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.WEIGHT_MULTIPLIER;
import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.WEIGHT_SHAPE;
import static org.mixdq4j.core.artifact.checkpoint.LayerTensors.require;

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
 * shape; with groups {@code .weight_multiplier} U8 [outputs, bytes of a row], one less than the multiplier of each group of
 * all segments in the {@code 8 - bits} bits that codes leave free.
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
            tensors.put(id + WEIGHT_MULTIPLIER, packMultipliers(copy(Axes.join(1, multipliers)), outputs, bits));
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
        byte[] codes = WeightPacking.unpack(tensors.tensor(name).buffer(), outputs, width, weight.bits());
        List<Integer> edges = quant.edges(shape.dim(1));
        List<Tensor> parts = new ArrayList<>();
        List<WeightCode> segmentCodes = new ArrayList<>();
        int groups = 0;
        for (int i = 0; i + 1 < edges.size(); i++) {
            int from = edges.get(i);
            int to = edges.get(i + 1);
            require(from < to && to <= shape.dim(1), id, "its split " + quant.split() + " does not part its inputs");
            groups += groups(weight, (to - from) * taps);
        }
        Tensor multipliers = weight.group() == 0 ? null : unpackMultipliers(id, weight, tensors, outputs, groups);
        int group = 0;
        for (int i = 0; i + 1 < edges.size(); i++) {
            int from = edges.get(i);
            int to = edges.get(i + 1);
            WeightCode code = WeightCode.plain(weight.bits());
            byte[] integers = edges.size() == 2 ? codes : copy(Axes.narrow(bytes(DType.I8, shape, codes), 1, from, to));
            if (multipliers != null) {
                int next = group + groups(weight, (to - from) * taps);
                code = new WeightCode(weight.bits(), weight.group(), copy(Axes.narrow(multipliers, 1, group, next)));
                group = next;
            }
            WeightPacking.expand(integers, outputs, code);
            segmentCodes.add(code);
            parts.add(bytes(DType.I8, shape.with(1, to - from), integers));
        }
        return new PackedTensors(parts.size() == 1 ? parts.get(0) : Axes.join(1, parts), segmentCodes);
    }

    /** One less than each, in the bits that codes leave free. */
    private static Tensor packMultipliers(byte[] multipliers, int outputs, int bits) {
        byte[] less = multipliers.clone();
        for (int i = 0; i < less.length; i++) {
            less[i]--;
        }
        byte[] packed = WeightPacking.pack(less, outputs, 8 - bits);
        return bytes(DType.U8, Shape.of(outputs, packed.length / outputs), packed);
    }

    /** [outputs, groups of all segments]. */
    private static Tensor unpackMultipliers(
            String id, WeightQuant weight, WeightSource tensors, int outputs, int groups) {
        int bits = 8 - weight.bits();
        Tensor packed = tensors.tensor(id + WEIGHT_MULTIPLIER);
        Shape expected = Shape.of(outputs, WeightPacking.rowBytes(groups, bits));
        require(
                packed.dtype() == DType.U8 && packed.shape().equals(expected),
                id,
                "its multipliers are " + packed + ", not U8" + expected);
        byte[] multipliers = WeightPacking.unpack(packed.buffer(), outputs, groups, bits);
        for (int i = 0; i < multipliers.length; i++) {
            // Unpacked as two's complement.
            multipliers[i] = (byte) ((multipliers[i] & (1 << bits) - 1) + 1);
        }
        return bytes(DType.U8, Shape.of(outputs, groups), multipliers);
    }

    private static int groups(WeightQuant weight, int width) {
        return new WeightCode(weight.bits(), weight.group(), new byte[0]).groups(width);
    }

    static Shape shape(String id, WeightSource tensors) {
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
