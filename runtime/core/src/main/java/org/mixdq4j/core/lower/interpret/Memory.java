package org.mixdq4j.core.lower.interpret;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Tensor;

/** A program's arena. Before anything is written its bytes are such that floats are NaN, so that what is read too early shows. */
final class Memory {
    private static final byte POISON = (byte) 0xff;

    private final Map<String, Long> places;
    private final ByteBuffer bytes;

    Memory(Map<String, Long> places, long size) {
        this.places = places;
        this.bytes = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            bytes.put(POISON);
        }
    }

    /** Elements of a view of floats, row-major. */
    float[] floats(View view) {
        float[] out = new float[Math.toIntExact(view.shape().elements())];
        DType type = view.value().type();
        long start = places.get(view.value().id());
        Elements.each(view, (index, element) -> {
            int at = (int) (start + element * type.bytes());
            out[index] = switch (type) {
                case F32 -> bytes.getFloat(at);
                case F16 -> HalfFloats.fromF16(bytes.getShort(at));
                case BF16 -> HalfFloats.fromBf16(bytes.getShort(at));
                default -> throw new IllegalStateException(view + " holds no floats");
            };
        });
        return out;
    }

    /** Elements of a view of integers, row-major. */
    long[] integers(View view) {
        long[] out = new long[Math.toIntExact(view.shape().elements())];
        DType type = view.value().type();
        long start = places.get(view.value().id());
        Elements.each(view, (index, element) -> {
            int at = (int) (start + element * type.bytes());
            out[index] = switch (type) {
                case U8 -> Byte.toUnsignedInt(bytes.get(at));
                case I32 -> bytes.getInt(at);
                case I64 -> bytes.getLong(at);
                default -> throw new IllegalStateException(view + " holds no integers");
            };
        });
        return out;
    }

    void write(View view, float[] values) {
        DType type = view.value().type();
        long start = places.get(view.value().id());
        requireCount(view, values.length);
        Elements.each(view, (index, element) -> {
            int at = (int) (start + element * type.bytes());
            switch (type) {
                case F32 -> bytes.putFloat(at, values[index]);
                case F16 -> bytes.putShort(at, HalfFloats.toF16(values[index]));
                case BF16 -> bytes.putShort(at, HalfFloats.toBf16(values[index]));
                default -> throw new IllegalStateException(view + " holds no floats");
            }
        });
    }

    /** Integers of 8 bits. */
    void write(View view, int[] levels) {
        if (view.value().type() != DType.U8) {
            throw new IllegalStateException(view + " holds no bytes");
        }
        requireCount(view, levels.length);
        long start = places.get(view.value().id());
        Elements.each(view, (index, element) -> bytes.put((int) (start + element), (byte) levels[index]));
    }

    /** Copies elements as they are. */
    void move(View from, View to) {
        int size = from.value().type().bytes();
        if (to.value().type() != from.value().type()) {
            throw new IllegalStateException("a move from " + from + " to " + to);
        }
        byte[] held = new byte[Math.toIntExact(from.shape().elements() * size)];
        long source = places.get(from.value().id());
        Elements.each(from, (index, element) -> bytes.get((int) (source + element * size), held, index * size, size));
        long target = places.get(to.value().id());
        Elements.each(to, (index, element) -> bytes.put((int) (target + element * size), held, index * size, size));
    }

    void set(Value value, Tensor tensor) {
        if (tensor.dtype() != value.type() || !tensor.shape().equals(value.shape())) {
            throw new IllegalArgumentException("the input " + value + " was given a tensor of " + tensor);
        }
        bytes.put(Math.toIntExact(places.get(value.id())), tensor.buffer(), 0, Math.toIntExact(value.bytes()));
    }

    Tensor get(View view) {
        Tensor tensor = Tensor.zeros(view.value().type(), view.shape());
        int size = view.value().type().bytes();
        ByteBuffer out = tensor.buffer();
        long start = places.get(view.value().id());
        Elements.each(view, (index, element) -> out.put(index * size, bytes, (int) (start + element * size), size));
        return tensor;
    }

    private static void requireCount(View view, int count) {
        if (view.shape().elements() != count) {
            throw new IllegalStateException(count + " numbers for " + view);
        }
    }
}
