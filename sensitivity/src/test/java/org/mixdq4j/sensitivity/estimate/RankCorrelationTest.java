package org.mixdq4j.sensitivity.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Spearman's coefficient against values worked out by hand. */
class RankCorrelationTest {
    private static final double INF = Double.POSITIVE_INFINITY;

    private static double[] of(double... values) {
        return values;
    }

    private static void correlate(double[] a, double[] b, double expected) {
        assertThat(RankCorrelation.of(a, b)).isEqualTo(expected, within(1e-12));
        assertThat(RankCorrelation.of(b, a)).isEqualTo(expected, within(1e-12));
    }

    @Test
    void onlyTheOrderCounts() {
        correlate(of(1, 2, 3, 4), of(-5, 0, 0.1, 1e300), 1);
        correlate(of(1, 2, 3, 4), of(8, 7, 6, -6), -1);
        // 1 - 6 * sum d^2 / (n (n^2 - 1)) with d = 1, 1, 1, 1, 0.
        correlate(of(1, 2, 3, 4, 5), of(2, 1, 4, 3, 5), 1 - 6 * 4 / 120.0);
    }

    @Test
    void equalValuesShareTheMeanOfTheirRanks() {
        // Ranks 0.5 0.5 2 3 against 0 1 2 3: 4.5 / sqrt(4.5 * 5).
        correlate(of(1, 1, 2, 3), of(1, 2, 3, 4), 4.5 / Math.sqrt(4.5 * 5));
        // Ranks 0 2 2 2 4 against 1 1 1 3.5 3.5: 5 / sqrt(8 * 7.5).
        correlate(of(1, 5, 5, 5, 9), of(0, 0, 0, 7, 7), 5 / Math.sqrt(8 * 7.5));
        correlate(of(0.0, -0.0, 1, 2), of(1, 1, 2, 3), 1);
    }

    @Test
    void infinitiesRankLikeNumbers() {
        correlate(of(-INF, 0, 1, INF), of(1, 2, 3, 4), 1);
        correlate(of(1, INF, INF, 0), of(2, INF, INF, 1), 1);
        correlate(of(INF, 2, INF, 1), of(4, 2, 3, 1), 4.5 / Math.sqrt(4.5 * 5));
    }

    @Test
    void isNoneWhereThereIsNoOrder() {
        assertThat(RankCorrelation.of(of(), of())).isNaN();
        assertThat(RankCorrelation.of(of(1), of(2))).isNaN();
        assertThat(RankCorrelation.of(of(3, 3, 3), of(1, 2, 3))).isNaN();
    }

    @Test
    void refusesWhatHasNoRank() {
        assertThatThrownBy(() -> RankCorrelation.of(of(1, Double.NaN), of(1, 2)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RankCorrelation.of(of(1, 2), of(1, 2, 3)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
