package org.mixdq4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ShapeTest {
    @Test
    void negativeAxesCountFromTheEnd() {
        Shape shape = Shape.of(2, 3, 5);

        assertThat(shape.dim(0)).isEqualTo(2);
        assertThat(shape.dim(-1)).isEqualTo(5);
        assertThat(shape.dim(-3)).isEqualTo(2);
        assertThat(shape.axis(-2)).isEqualTo(1);
        assertThat(shape.with(-1, 7)).isEqualTo(Shape.of(2, 3, 7));
        assertThat(shape).as("unchanged").isEqualTo(Shape.of(2, 3, 5)).hasToString("[2, 3, 5]");
        for (int axis : new int[] {3, -4}) {
            assertThatThrownBy(() -> shape.dim(axis))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("axis " + axis + " of a tensor of shape [2, 3, 5]");
        }
    }

    @Test
    void aScalarHasOneElementAndNoAxis() {
        assertThat(Shape.of().elements()).isEqualTo(1);
        assertThat(Shape.of().rank()).isZero();
        assertThatThrownBy(() -> Shape.of().dim(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void countsElementsBeyond32Bits() {
        assertThat(Shape.of(1 << 20, 1 << 20).elements()).isEqualTo(1L << 40);
        assertThat(Shape.of(0, 1 << 30, 1 << 30).elements()).isZero();
        assertThatThrownBy(() -> Shape.of(1 << 30, 1 << 30, 1 << 30).elements())
                .isInstanceOf(ArithmeticException.class);
    }

    @Test
    void refusesANegativeExtentAndSharesNoArray() {
        assertThatThrownBy(() -> Shape.of(2, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[2, -1]");
        int[] dims = {2, 3};
        Shape shape = Shape.of(dims);
        dims[0] = 9;
        shape.toArray()[1] = 9;
        assertThat(shape).isEqualTo(Shape.of(2, 3)).hasSameHashCodeAs(Shape.of(2, 3));
        assertThat(shape).isNotEqualTo(Shape.of(3, 2)).isNotEqualTo(Shape.of(2, 3, 1));
    }
}
