package org.mixdq4j.cpu.quant;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.cpu.array.TensorBridge;
import org.mixdq4j.cpu.kernel.ParameterLoader;

/**
 * A segment's weight as float: {@code integer * scale} per output channel, or the float weight it always was. Held
 * either dequantized, or as integers that are dequantized at each use, in a quarter of the memory.
 */
final class SegmentWeight {
    private final NDArray held;
    private final NDArray scale;

    private SegmentWeight(NDArray held, NDArray scale) {
        this.held = held;
        this.scale = scale;
    }

    /** @param name of the layer, for messages */
    static SegmentWeight dequantized(String name, Segment segment, NDManager manager) {
        SegmentWeight packed = packed(name, segment, manager);
        if (packed.scale == null) {
            return packed;
        }
        NDArray floats = packed.floats(manager);
        packed.held.close();
        packed.scale.close();
        return new SegmentWeight(floats, null);
    }

    /** @param name of the layer, for messages */
    static SegmentWeight packed(String name, Segment segment, NDManager manager) {
        if (!segment.integerWeight()) {
            return new SegmentWeight(ParameterLoader.finite(name, segment.weight(), manager), null);
        }
        float[] scales = segment.weightScale();
        long[] broadcast = new long[segment.weight().shape().rank()];
        Arrays.fill(broadcast, 1);
        broadcast[0] = scales.length;
        return new SegmentWeight(
                TensorBridge.copy(segment.weight(), manager), manager.create(scales, new Shape(broadcast)));
    }

    /** The weight; owned by {@code scratch} if it had to be dequantized. */
    NDArray floats(NDManager scratch) {
        if (scale == null) {
            return held;
        }
        NDArray floats = held.toType(DataType.FLOAT32, true);
        floats.attach(scratch);
        return floats.muli(scale);
    }
}
