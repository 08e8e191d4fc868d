package org.mixdq4j.cpu.quant;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.cpu.array.TensorBridge;
import org.mixdq4j.cpu.kernel.ParameterLoader;
import org.mixdq4j.cpu.packed.Multipliers;
import org.mixdq4j.cpu.packed.PackedIntegers;
import org.mixdq4j.cpu.packed.RowMultipliers;

/**
 * A segment's weight as float: {@code integer * scale} per output channel, whatever it is held as, or the float weight it
 * always was.
 */
final class SegmentWeight {
    /** What an integer weight is held as. */
    enum Form {
        /** Dequantized for good. */
        FLOATS,
        /** Integers that are dequantized at each use, in a quarter of the memory. */
        BYTES,
        /** As {@link #BYTES}, but large weights of fewer than 8 bits in the bits of their codes. */
        CODES
    }

    /** Writes integers into an array of the manager. */
    private interface Integers {
        NDArray in(NDManager scratch);
    }

    private final NDArray held;
    private final NDArray scale;
    private final Integers integers;

    private SegmentWeight(NDArray held, NDArray scale, Integers integers) {
        this.held = held;
        this.scale = scale;
        this.integers = integers;
    }

    /** @param name of the layer, for messages */
    static SegmentWeight of(String name, Segment segment, Form form, NDManager manager) {
        if (!segment.integerWeight()) {
            return new SegmentWeight(ParameterLoader.finite(name, segment.weight(), manager), null, null);
        }
        boolean packed = form == Form.CODES
                && PackedIntegers.worthwhile(segment.weight().shape().elements(), segment.code());
        if (packed) {
            return codes(segment, manager);
        }
        SegmentWeight bytes = bytes(segment, manager);
        if (form != Form.FLOATS) {
            return bytes;
        }
        NDArray floats = bytes.floats(manager);
        bytes.held.close();
        bytes.scale.close();
        return new SegmentWeight(floats, null, null);
    }

    private static SegmentWeight bytes(Segment segment, NDManager manager) {
        NDArray held = TensorBridge.copy(segment.weight(), manager);
        return new SegmentWeight(held, scale(segment, manager), scratch -> held);
    }

    private static SegmentWeight codes(Segment segment, NDManager manager) {
        WeightCode code = segment.code();
        NDArray[] held = new NDArray[1];
        PackedIntegers packed = PackedIntegers.pack(
                        segment.weight().buffer(), code.bits(), multipliers(segment, manager), bytes -> {
                            held[0] = manager.create(new Shape(bytes), DataType.INT8);
                            return held[0].toByteBuffer(true);
                        })
                .orElseThrow(() -> new IllegalArgumentException(
                        "integers that are no codes of " + code.bits() + " bits in " + segment.weight()));
        Shape shape = TensorBridge.shape(segment.weight().shape());
        return new SegmentWeight(held[0], scale(segment, manager), scratch -> {
            NDArray integers = scratch.create(shape, DataType.INT8);
            packed.expand(integers.toByteBuffer(true));
            return integers;
        });
    }

    private static Multipliers multipliers(Segment segment, NDManager manager) {
        WeightCode code = segment.code();
        if (code.group() == 0) {
            return Multipliers.NONE;
        }
        byte[] bytes = code.multipliers();
        NDArray held = manager.create(new Shape(bytes.length), DataType.INT8);
        ByteBuffer buffer = held.toByteBuffer(true);
        buffer.put(0, bytes);
        int rows = segment.weightScale().length;
        return new RowMultipliers(buffer, rows, (int) (segment.weight().shape().elements() / rows), code.group());
    }

    private static NDArray scale(Segment segment, NDManager manager) {
        float[] scales = segment.weightScale();
        long[] broadcast = new long[segment.weight().shape().rank()];
        Arrays.fill(broadcast, 1);
        broadcast[0] = scales.length;
        return manager.create(scales, new Shape(broadcast));
    }

    /** The weight; owned by {@code scratch} if it had to be dequantized. */
    NDArray floats(NDManager scratch) {
        if (scale == null) {
            return held;
        }
        NDArray bytes = integers.in(scratch);
        NDArray floats = bytes.toType(DataType.FLOAT32, true);
        floats.attach(scratch);
        if (bytes != held) {
            bytes.close();
        }
        return floats.muli(scale);
    }
}
