package org.mixdq4j.report.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Order statistics of ordinary values and of infinities. */
class QuantilesTest {
    private static final double INF = Double.POSITIVE_INFINITY;

    @Test
    void betweenNeighbours() {
        double[] values = {4, 1, 3, 2};
        assertThat(Quantiles.of(values, 0)).isEqualTo(1);
        assertThat(Quantiles.of(values, 0.25)).isEqualTo(1.75);
        assertThat(Quantiles.of(values, 0.5)).isEqualTo(2.5);
        assertThat(Quantiles.of(values, 1)).isEqualTo(4);
    }

    @Test
    void infinitiesAndMissingValues() {
        assertThat(Quantiles.of(new double[] {INF, INF, INF}, 0.4)).isEqualTo(INF);
        assertThat(Quantiles.of(new double[] {-INF, -INF, 1}, 0.25)).isEqualTo(-INF);
        assertThat(Quantiles.of(new double[] {-INF, INF}, 0.5)).isNotNaN();
        assertThat(Quantiles.of(new double[] {Double.NaN, 3}, 0.5)).isEqualTo(3);
        assertThat(Quantiles.of(new double[0], 0.5)).isNaN();
    }
}
