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
public final class SegmentWeight {
    /** How integers are held. */
    @FunctionalInterface
    public interface Holder {
        /** @param segment with an integer weight. @param manager owns the arrays of the result */
        SegmentWeight hold(Segment segment, NDManager manager);
    }

    /** Gives integers as an I8 array: one it holds, or one of the manager given. */
    @FunctionalInterface
    public interface Integers {
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
    static SegmentWeight of(String name, Segment segment, Holder holder, NDManager manager) {
        return segment.integerWeight()
                ? holder.hold(segment, manager)
                : new SegmentWeight(ParameterLoader.finite(name, segment.weight(), manager), null, null);
    }

    /** Dequantized for good. */
    public static SegmentWeight floats(Segment segment, NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray floats = bytes(segment, scratch).floats(scratch);
            floats.attach(manager);
            return new SegmentWeight(floats, null, null);
        }
    }

    /** Integers that are dequantized at each use, in a quarter of the memory. */
    public static SegmentWeight bytes(Segment segment, NDManager manager) {
        NDArray held = TensorBridge.copy(segment.weight(), manager);
        return new SegmentWeight(held, scale(segment, manager), scratch -> held);
    }

    /** Integers that somebody else holds, dequantized at each use. */
    public static SegmentWeight of(Integers integers, Segment segment, NDManager manager) {
        return new SegmentWeight(null, scale(segment, manager), integers);
    }

    private static NDArray scale(Segment segment, NDManager manager) {
        float[] scales = segment.weightScale();
        long[] broadcast = new long[segment.weight().shape().rank()];
        Arrays.fill(broadcast, 1);
        broadcast[0] = scales.length;
        return manager.create(scales, new Shape(broadcast));
    }

    /** The weight; owned by {@code scratch} if it had to be dequantized. */
    public NDArray floats(NDManager scratch) {
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
