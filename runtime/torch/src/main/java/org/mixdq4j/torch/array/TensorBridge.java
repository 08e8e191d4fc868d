package org.mixdq4j.torch.array;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Moves data between {@link Tensor} and {@link NDArray}. */
public final class TensorBridge {
    private TensorBridge() {}

    public static ai.djl.ndarray.types.Shape shape(Shape shape) {
        return new ai.djl.ndarray.types.Shape(shape.toLongArray());
    }

    /**
     * A copy of a tensor of any type but BF16, in memory PyTorch allocated: such memory is aligned to cache lines,
     * while a caller's buffer need not be, and the last bits of a matrix product may depend on alignment.
     */
    public static NDArray copy(Tensor tensor, NDManager manager) {
        try (NDArray shared = share(tensor, manager)) {
            return shared.duplicate();
        }
    }

    /** A number as an array, {@linkplain #owned owned} by PyTorch. */
    public static NDArray number(float value, NDManager manager) {
        return owned(manager.create(value));
    }

    /**
     * What Java made, in memory of PyTorch's own; {@code made} is closed. An array that DJL creates of Java numbers, also
     * for the length of a call such as {@code mul(2f)}, lies in a Java buffer, which the garbage collector frees some time
     * after the array is closed: whatever PyTorch may hold on to, to find a gradient, must not. Nor is it aligned.
     */
    public static NDArray owned(NDArray made) {
        try (made) {
            return made.duplicate();
        }
    }

    /** The elements of any floating point tensor as FP32, in memory of its own. */
    public static NDArray toF32(Tensor tensor, NDManager manager) {
        return switch (tensor.dtype()) {
            case F32 -> copy(tensor, manager);
            case F16, F64 -> {
                try (NDArray shared = share(tensor, manager)) {
                    yield shared.toType(DataType.FLOAT32, true);
                }
            }
            case BF16 -> widenBf16(tensor, manager);
            default -> throw new IllegalArgumentException("a tensor of type " + tensor.dtype() + " holds no floats");
        };
    }

    /** The array's memory as a tensor, without a copy where it is dense; valid while {@code array} and its manager are. */
    public static Tensor view(NDArray array) {
        long[] extents = array.getShape().getShape();
        int[] dims = new int[extents.length];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = Math.toIntExact(extents[i]);
        }
        return Tensor.wrap(type(array.getDataType()), Shape.of(dims), array.toByteBuffer(true));
    }

    /** A copy of the array that lives on its own. */
    public static Tensor export(NDArray array) {
        try (NDManager scratch = array.getManager().newSubManager()) {
            array.tempAttach(scratch);
            Tensor view = view(array);
            Tensor out = Tensor.zeros(view.dtype(), view.shape());
            out.buffer().put(view.buffer());
            return out;
        }
    }

    private static NDArray share(Tensor tensor, NDManager manager) {
        // A slice, because DJL ignores the position of the buffer it is given.
        return manager.create(tensor.buffer().slice(), shape(tensor.shape()), type(tensor.dtype()));
    }

    /** PyTorch's bfloat16 is out of reach from DJL 0.35 (the conversion ends the process), but its bits are F32's upper half. */
    private static NDArray widenBf16(Tensor tensor, NDManager manager) {
        NDArray out = manager.create(shape(tensor.shape()), DataType.FLOAT32);
        IntBuffer target = out.toByteBuffer(true).asIntBuffer();
        ByteBuffer bytes = tensor.buffer();
        ShortBuffer source = bytes.asShortBuffer();
        while (source.hasRemaining()) {
            target.put(source.get() << 16);
        }
        return out;
    }

    private static DataType type(DType type) {
        return switch (type) {
            case F32 -> DataType.FLOAT32;
            case F16 -> DataType.FLOAT16;
            case F64 -> DataType.FLOAT64;
            case I64 -> DataType.INT64;
            case I32 -> DataType.INT32;
            case I8 -> DataType.INT8;
            case U8 -> DataType.UINT8;
            case BF16 -> throw new IllegalArgumentException("DJL has no arrays of BF16");
        };
    }

    private static DType type(DataType type) {
        return switch (type) {
            case FLOAT32 -> DType.F32;
            case FLOAT16 -> DType.F16;
            case FLOAT64 -> DType.F64;
            case INT64 -> DType.I64;
            case INT32 -> DType.I32;
            case INT8 -> DType.I8;
            case UINT8 -> DType.U8;
            default -> throw new IllegalArgumentException("no tensor type for arrays of " + type);
        };
    }
}
