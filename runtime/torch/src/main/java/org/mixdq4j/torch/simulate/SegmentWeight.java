package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.kernel.ParameterLoader;

/**
 * A segment's weight as float: {@code integer * scale} per output channel, whatever it is held as, or the float weight it
 * always was.
 */
final class SegmentWeight {
    /** How integers are held. */
    @FunctionalInterface
    interface Holder {
        /** @param segment with an integer weight. @param manager owns the arrays of the result */
        SegmentWeight hold(Segment segment, NDManager manager);
    }

    private final NDArray held;
    private final NDArray scale;

    private SegmentWeight(NDArray held, NDArray scale) {
        this.held = held;
        this.scale = scale;
    }

    /** @param name of the layer, for messages */
    static SegmentWeight of(String name, Segment segment, Holder holder, NDManager manager) {
        return segment.integerWeight()
                ? holder.hold(segment, manager)
                : new SegmentWeight(ParameterLoader.finite(name, segment.weight(), manager), null);
    }

    /** Dequantized for good. */
    static SegmentWeight floats(Segment segment, NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray floats = bytes(segment, scratch).floats(scratch);
            floats.attach(manager);
            return new SegmentWeight(floats, null);
        }
    }

    /** Integers that are dequantized at each use, in a quarter of the memory. */
    static SegmentWeight bytes(Segment segment, NDManager manager) {
        NDArray held = TensorBridge.copy(segment.weight(), manager);
        return new SegmentWeight(held, scale(segment, manager));
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
        NDArray floats = held.toType(DataType.FLOAT32, true);
        floats.attach(scratch);
        return floats.muli(scale);
    }
}
