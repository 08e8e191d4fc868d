package org.mixdq4j.cpu.vector;

import java.nio.ByteBuffer;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.session.Arena;

/** Single numbers of any type in memory, for what is small or seldom computed. Views are counted in row-major order. */
final class Numbers {
    private final ByteBuffer bytes;
    private final DType type;
    private final int base;
    private final Axes axes;
    final int count;

    Numbers(View view, ByteBuffer bytes) {
        this.bytes = bytes;
        type = view.value().type();
        base = Math.toIntExact(view.offset());
        axes = Axes.of(view, view.shape().rank());
        count = Math.toIntExact(view.shape().elements());
    }

    Numbers(View view, Arena arena) {
        this(view, arena.buffer(view.value()));
    }

    /** All of a tensor. */
    Numbers(Tensor tensor) {
        bytes = tensor.buffer();
        type = tensor.dtype();
        base = 0;
        count = Math.toIntExact(tensor.shape().elements());
        axes = new Axes(new int[] {count}, new int[] {1});
    }

    private int element(int index) {
        int at = base;
        int rest = index;
        int[] extents = axes.extents();
        for (int axis = extents.length - 1; axis > 0; axis--) {
            at += rest % extents[axis] * axes.strides()[axis];
            rest /= extents[axis];
        }
        return extents.length == 0 ? at : at + rest * axes.strides()[0];
    }

    float get(int index) {
        int at = element(index) * type.bytes();
        return switch (type) {
            case F32 -> bytes.getFloat(at);
            case F16 -> HalfFloats.fromF16(bytes.getShort(at));
            case BF16 -> HalfFloats.fromBf16(bytes.getShort(at));
            case F64 -> (float) bytes.getDouble(at);
            default -> throw new IllegalStateException(type + " holds no floats");
        };
    }

    long getInteger(int index) {
        int at = element(index) * type.bytes();
        return switch (type) {
            case U8 -> Byte.toUnsignedInt(bytes.get(at));
            case I32 -> bytes.getInt(at);
            case I64 -> bytes.getLong(at);
            default -> throw new IllegalStateException(type + " holds no integers");
        };
    }

    void put(int index, float value) {
        int at = element(index) * type.bytes();
        switch (type) {
            case F32 -> bytes.putFloat(at, value);
            case F16 -> bytes.putShort(at, HalfFloats.toF16(value));
            case BF16 -> bytes.putShort(at, HalfFloats.toBf16(value));
            default -> throw new IllegalStateException(type + " holds no floats");
        }
    }
}
