package org.mixdq4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AxesTest {
    /** Element [i, j, k] is 100 i + 10 j + k. */
    private static Tensor numbered(int a, int b, int c) {
        float[] values = new float[a * b * c];
        for (int i = 0; i < values.length; i++) {
            values[i] = 100f * (i / (b * c)) + 10f * (i / c % b) + i % c;
        }
        return Tensor.of(Shape.of(a, b, c), values);
    }

    @Test
    void narrowsTheMiddleAxis() {
        Tensor part = Axes.narrow(numbered(2, 4, 2), 1, 1, 3);

        assertThat(part.shape()).isEqualTo(Shape.of(2, 2, 2));
        assertThat(part.toFloatArray()).containsExactly(10, 11, 20, 21, 110, 111, 120, 121);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, -1, -2, -3})
    void joiningThePartsGivesTheWhole(int axis) {
        Tensor whole = numbered(3, 4, 5);
        int extent = whole.shape().dim(axis);

        Tensor joined = Axes.join(
                axis,
                List.of(
                        Axes.narrow(whole, axis, 0, 1),
                        Axes.narrow(whole, axis, 1, extent - 1),
                        Axes.narrow(whole, axis, extent - 1, extent)));

        assertThat(joined.shape()).isEqualTo(whole.shape());
        assertThat(joined.toFloatArray()).containsExactly(whole.toFloatArray());
    }

    @Test
    void worksOnBytesOfAnyType() {
        Tensor bytes = Tensor.zeros(DType.I8, Shape.of(2, 3));
        for (int i = 0; i < 6; i++) {
            bytes.buffer().put(i, (byte) i);
        }

        Tensor part = Axes.narrow(bytes, 1, 1, 3);

        assertThat(part.dtype()).isEqualTo(DType.I8);
        assertThat(part.buffer()).isEqualTo(java.nio.ByteBuffer.wrap(new byte[] {1, 2, 4, 5}));
    }

    @Test
    void copiesAndNeverShares() {
        Tensor whole = numbered(1, 2, 2);
        Tensor part = Axes.narrow(whole, 0, 0, 1);

        part.floats().put(0, 77);

        assertThat(whole.toFloatArray()[0]).isZero();
    }

    @Test
    void refusesEntriesThatAreNotThereAndPartsThatDoNotFit() {
        Tensor whole = numbered(2, 4, 2);
        for (int[] range : new int[][] {{-1, 2}, {2, 2}, {3, 2}, {0, 5}}) {
            assertThatThrownBy(() -> Axes.narrow(whole, 1, range[0], range[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(range[0] + ".." + range[1] + " of axis 1");
        }
        assertThatThrownBy(() -> Axes.join(1, List.of(whole, numbered(2, 4, 3))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("along axis 1");
        assertThatThrownBy(() -> Axes.join(1, List.of(whole, Tensor.zeros(DType.F16, Shape.of(2, 4, 2)))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
