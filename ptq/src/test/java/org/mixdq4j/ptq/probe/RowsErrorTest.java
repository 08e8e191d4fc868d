package org.mixdq4j.ptq.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class RowsErrorTest {
    private static Tensor rows(float... values) {
        return Tensor.of(Shape.of(1, values.length / 2, 2), values);
    }

    @Test
    void aLargeRowCountsAsASmallOne() {
        RowsError error = new RowsError();
        // 1 % of the first row's energy, 9 % of the second's; the third is all zeros.
        error.add(rows(1000, 0, 0, 1, 0, 0), rows(1000, 100, 0.3f, 1, 0, 0));
        assertThat(error.decibels()).isCloseTo(-10 * Math.log10(0.05), within(1e-5));
    }

    @Test
    void eachOutputCountsOnceHoweverManyRowsItHas() {
        RowsError error = new RowsError();
        error.add(rows(1, 0, 1, 0, 1, 0), rows(1, 0, 1, 0, 1, 0));
        assertThat(error.decibels()).isEqualTo(Double.POSITIVE_INFINITY);
        error.add(rows(2, 0), rows(0, 0));
        assertThat(error.decibels()).isCloseTo(-10 * Math.log10(0.5), within(1e-9));
    }

    @Test
    void whatIsNoNumberHasNoRatio() {
        RowsError error = new RowsError();
        assertThat(error.decibels()).isNaN();
        error.add(rows(1, 0), rows(Float.NaN, 0));
        assertThat(error.decibels()).isNaN();
    }
}
