package org.mixdq4j.core.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * A dense row-major tensor in host memory: element type, shape and one direct little-endian buffer (at most 2 GiB).
 * The buffer may be a read-only view of a mapped file; whoever asks for {@link #buffer()} must not write unless it
 * allocated the tensor. Memory is freed with the object.
 */
public final class Tensor {
    private final DType dtype;
    private final Shape shape;
    private final ByteBuffer buffer;

    private Tensor(DType dtype, Shape shape, ByteBuffer buffer) {
        this.dtype = dtype;
        this.shape = shape;
        this.buffer = buffer;
    }

    /** A new tensor of zeros. */
    public static Tensor zeros(DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.elements(), (long) dtype.bytes());
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a tensor of shape " + shape + " and type " + dtype
                    + " is over 2 GiB: read it in pieces along its first axis");
        }
        return wrap(dtype, shape, ByteBuffer.allocateDirect((int) bytes));
    }

    /** A view of {@code buffer} from its position to its limit, which must hold exactly the elements of {@code shape}. */
    public static Tensor wrap(DType dtype, Shape shape, ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("a tensor needs a direct buffer");
        }
        if (buffer.remaining() != shape.elements() * dtype.bytes()) {
            throw new IllegalArgumentException("a buffer of " + buffer.remaining()
                    + " bytes cannot be a tensor of shape " + shape + " and type " + dtype);
        }
        return new Tensor(dtype, shape, buffer.slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    /** A new F32 tensor with a copy of {@code values}, one an element. */
    public static Tensor of(Shape shape, float... values) {
        requireCount(shape, values.length);
        Tensor tensor = zeros(DType.F32, shape);
        tensor.floats().put(values);
        return tensor;
    }

    /** A new I64 tensor with a copy of {@code values}, one an element. */
    public static Tensor ofLongs(Shape shape, long... values) {
        requireCount(shape, values.length);
        Tensor tensor = zeros(DType.I64, shape);
        tensor.buffer().asLongBuffer().put(values);
        return tensor;
    }

    public DType dtype() {
        return dtype;
    }

    public Shape shape() {
        return shape;
    }

    /** The whole memory, little endian, position 0; a fresh view at each call. */
    public ByteBuffer buffer() {
        return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The elements of an F32 tensor, sharing its memory. */
    public FloatBuffer floats() {
        require(DType.F32);
        return buffer().asFloatBuffer();
    }

    /** A copy of the elements of any floating point tensor as floats (F64 is rounded). */
    public float[] toFloatArray() {
        float[] out = new float[Math.toIntExact(shape.elements())];
        ByteBuffer bytes = buffer();
        switch (dtype) {
            case F32 -> bytes.asFloatBuffer().get(out);
            case F16 -> {
                for (int i = 0; i < out.length; i++) {
                    out[i] = HalfFloats.fromF16(bytes.getShort(2 * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < out.length; i++) {
                    out[i] = HalfFloats.fromBf16(bytes.getShort(2 * i));
                }
            }
            case F64 -> {
                for (int i = 0; i < out.length; i++) {
                    out[i] = (float) bytes.getDouble(8 * i);
                }
            }
            default -> throw new IllegalStateException("a tensor of type " + dtype + " has no float elements");
        }
        return out;
    }

    /** Whether a floating point tensor holds neither infinity nor NaN. */
    public boolean isFinite() {
        return FiniteCheck.passes(buffer(), dtype);
    }

    /** A copy of the elements of an I64 or I32 tensor. */
    public long[] toLongArray() {
        long[] out = new long[Math.toIntExact(shape.elements())];
        if (dtype == DType.I64) {
            buffer().asLongBuffer().get(out);
        } else {
            require(DType.I32);
            for (int i = 0; i < out.length; i++) {
                out[i] = buffer.getInt(4 * i);
            }
        }
        return out;
    }

    /** This tensor if it is F32, else a converted copy of a floating point one. */
    public Tensor toF32() {
        return dtype == DType.F32 ? this : of(shape, toFloatArray());
    }

    /** This tensor if it is of that type, else a rounded copy. @param type a floating point type other than F64, as this one's */
    public Tensor to(DType type) {
        if (dtype == type) {
            return this;
        }
        if (type == DType.F32) {
            return toF32();
        }
        if (type != DType.F16 && type != DType.BF16) {
            throw new IllegalArgumentException("cannot round to " + type);
        }
        float[] values = toFloatArray();
        Tensor out = zeros(type, shape);
        ByteBuffer bytes = out.buffer();
        for (float value : values) {
            bytes.putShort(type == DType.F16 ? HalfFloats.toF16(value) : HalfFloats.toBf16(value));
        }
        return out;
    }

    /** The same memory under another shape with as many elements. */
    public Tensor reshape(int... dims) {
        return wrap(dtype, Shape.of(dims), buffer());
    }

    /** Entries {@code [from, to)} of the first axis, sharing this tensor's memory. */
    public Tensor slice(int from, int to) {
        int stride = shape.dim(0) == 0 ? 0 : buffer.capacity() / shape.dim(0);
        ByteBuffer view = buffer();
        view.position(from * stride).limit(to * stride);
        return wrap(dtype, shape.with(0, to - from), view);
    }

    /** Tensors of one type that agree in all axes but the first, one after the other. */
    public static Tensor stack(Tensor... parts) {
        int rows = Arrays.stream(parts).mapToInt(part -> part.shape.dim(0)).sum();
        Tensor out = zeros(parts[0].dtype, parts[0].shape.with(0, rows));
        ByteBuffer bytes = out.buffer();
        for (Tensor part : parts) {
            if (part.dtype != out.dtype || !part.shape.with(0, rows).equals(out.shape)) {
                throw new IllegalArgumentException("cannot stack " + part + " under " + parts[0]);
            }
            bytes.put(part.buffer());
        }
        return out;
    }

    /** A copy of this matrix with rows and columns exchanged. */
    public Tensor transposed() {
        int rows = shape.dim(0);
        int columns = shape.dim(1);
        Tensor out = zeros(dtype, Shape.of(columns, rows));
        ByteBuffer to = out.buffer();
        byte[] element = new byte[dtype.bytes()];
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                buffer.get((row * columns + column) * element.length, element);
                to.put(element);
            }
        }
        return out;
    }

    private static void requireCount(Shape shape, int values) {
        if (shape.elements() != values) {
            throw new IllegalArgumentException(values + " values cannot be a tensor of shape " + shape);
        }
    }

    private void require(DType expected) {
        if (dtype != expected) {
            throw new IllegalStateException("expected a tensor of type " + expected + ", found " + this);
        }
    }

    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
