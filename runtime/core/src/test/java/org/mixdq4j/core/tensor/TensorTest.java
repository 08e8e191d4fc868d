package org.mixdq4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTest {
    @Test
    void holdsElementsLittleEndianWhateverTheBufferSays() {
        Tensor tensor = Tensor.of(Shape.of(2), 1f, -2f);

        assertThat(tensor.buffer().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(tensor.buffer().get(3)).isEqualTo((byte) 0x3f);
        tensor.buffer().position(4);
        assertThat(tensor.buffer().position()).as("a fresh view").isZero();
    }

    @Test
    void readsEveryFloatType() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort(0, (short) 0x3c00).putShort(2, (short) 0xc000);
        assertThat(Tensor.wrap(DType.F16, Shape.of(4), bytes).toFloatArray()).containsExactly(1f, -2f, 0f, 0f);
        bytes.putShort(0, (short) 0x3f80).putShort(2, (short) 0xc000);
        assertThat(Tensor.wrap(DType.BF16, Shape.of(2, 2), bytes).toFloatArray())
                .containsExactly(1f, -2f, 0f, 0f);
        bytes.putDouble(0, 0.1);
        assertThat(Tensor.wrap(DType.F64, Shape.of(1), bytes).toF32().toFloatArray())
                .containsExactly(0.1f);
        assertThatThrownBy(() -> Tensor.zeros(DType.I8, Shape.of(1)).toFloatArray())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("I8");
    }

    @Test
    void readsBothIntegerTypes() {
        Tensor ints = Tensor.zeros(DType.I32, Shape.of(2));
        ints.buffer().putInt(0, -7).putInt(4, Integer.MAX_VALUE);

        assertThat(ints.toLongArray()).containsExactly(-7, Integer.MAX_VALUE);
        assertThat(Tensor.ofLongs(Shape.of(2), -7, 1L << 40).toLongArray()).containsExactly(-7, 1L << 40);
        assertThatThrownBy(() -> Tensor.of(Shape.of(1), 1).toLongArray()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void refusesAnotherNumberOfValuesThanTheShapeHas() {
        assertThatThrownBy(() -> Tensor.of(Shape.of(3), 1f, 2f))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 values cannot be a tensor of shape [3]");
        assertThatThrownBy(() -> Tensor.ofLongs(Shape.of(1), 1, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Tensor.wrap(DType.F32, Shape.of(2), ByteBuffer.allocateDirect(7)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("7 bytes");
        assertThatThrownBy(() -> Tensor.wrap(DType.F32, Shape.of(1), ByteBuffer.allocate(4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("direct");
        assertThatThrownBy(() -> Tensor.zeros(DType.F32, Shape.of(1 << 15, 1 << 15)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("over 2 GiB");
    }

    @Test
    void reshapeAndSliceShareMemory() {
        Tensor tensor = Tensor.of(Shape.of(3, 2), 0, 1, 2, 3, 4, 5);

        tensor.slice(1, 3).reshape(4).floats().put(0, 9);

        assertThat(tensor.toFloatArray()).containsExactly(0, 1, 9, 3, 4, 5);
        assertThat(tensor.slice(1, 1).shape()).isEqualTo(Shape.of(0, 2));
        assertThatThrownBy(() -> tensor.slice(2, 4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tensor.slice(2, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tensor.slice(-1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tensor.reshape(5)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void stacksCopies() {
        Tensor a = Tensor.of(Shape.of(1, 2), 1, 2);
        Tensor b = Tensor.of(Shape.of(2, 2), 3, 4, 5, 6);

        Tensor stacked = Tensor.stack(a, b);
        a.floats().put(0, 99);

        assertThat(stacked.shape()).isEqualTo(Shape.of(3, 2));
        assertThat(stacked.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThatThrownBy(() -> Tensor.stack(a, Tensor.of(Shape.of(1, 3), 1, 2, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("F32[1, 3]");
        assertThatThrownBy(() -> Tensor.stack(a, Tensor.zeros(DType.F16, Shape.of(1, 2))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @EnumSource(names = {"F64", "F32", "F16", "BF16"})
    void whatIsNotFiniteIsFoundAnywhere(DType type) {
        double[] others = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        for (int count : new int[] {1, 2, 3, 4, 5, 8193 * 4 + 3}) {
            Tensor tensor = Tensor.zeros(type, Shape.of(count));
            for (int i = 0; i < count; i++) {
                put(tensor, i, i % 2 == 0 ? 60000 : -1e-7);
            }
            assertThat(tensor.isFinite()).isTrue();
            for (int at : new int[] {0, count / 2, count - 1}) {
                for (double other : others) {
                    put(tensor, at, other);
                    assertThat(tensor.isFinite())
                            .as(other + " at " + at + " of " + count)
                            .isFalse();
                }
                put(tensor, at, -65504);
            }
            assertThat(tensor.isFinite()).isTrue();
        }
    }

    private static void put(Tensor tensor, int at, double value) {
        switch (tensor.dtype()) {
            case F64 -> tensor.buffer().putDouble(8 * at, value);
            case F32 -> tensor.buffer().putFloat(4 * at, (float) value);
            case F16 -> tensor.buffer().putShort(2 * at, HalfFloats.toF16((float) value));
            default -> tensor.buffer().putShort(2 * at, HalfFloats.toBf16((float) value));
        }
    }
}
