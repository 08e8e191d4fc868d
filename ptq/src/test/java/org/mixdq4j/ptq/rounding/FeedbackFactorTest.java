package org.mixdq4j.ptq.rounding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeedbackFactorTest {
    @Test
    void aSecondMomentIsTheSumOfProducts() {
        double[][] vectors = {{1, 2}, {3, -4}, {0, 0}};
        SecondMoment moment = Correlated.moment(vectors);
        moment.add(new double[][] {{1, 1}, {100, 100}}, 1);
        assertThat(moment.get(0, 0)).isEqualTo(11);
        assertThat(moment.get(0, 1)).isEqualTo(-9).isEqualTo(moment.get(1, 0));
        assertThat(moment.get(1, 1)).isEqualTo(21);
        assertThat(moment.panel(1, 2)).isDeepEqualTo(new double[][] {{-9}, {21}});
        moment.damp(0.5);
        assertThat(moment.get(1, 1)).isEqualTo(21 + 0.5 * 16);
        assertThat(moment.get(0, 1)).isEqualTo(-9);
    }

    @ParameterizedTest(name = "{0} inputs")
    @ValueSource(ints = {1, 5, 64, 65, 200})
    void itsRowsGiveTheMomentBack(int width) {
        SecondMoment moment = Correlated.damped(width);
        int[] order = FeedbackFactor.descending(moment);
        FeedbackFactor factor = new FeedbackFactor(moment, order);

        // L^T x = e_t in squares: with D[t] unknown, it is read off H's diagonal from the last row up.
        double[][] rows = factor.rows();
        double[] d = new double[width];
        for (int s = 0; s < width; s++) {
            d[s] = moment.get(factor.column(s), factor.column(s));
            for (int t = 0; t < s; t++) {
                d[s] -= rows[s][t] * rows[s][t] * d[t];
            }
            assertThat(d[s]).isPositive();
        }
        double scale = moment.get(order[0], order[0]);
        for (int s = 0; s < width; s++) {
            assertThat(factor.column(s)).isEqualTo(order[width - 1 - s]);
            for (int t = 0; t <= s; t++) {
                double sum = 0;
                for (int p = 0; p <= t; p++) {
                    sum += rows[s][p] * d[p] * rows[t][p];
                }
                assertThat(sum).isCloseTo(moment.get(factor.column(s), factor.column(t)), within(1e-10 * scale));
            }
        }
    }

    @Test
    void turnsGoByDescendingMoment() {
        SecondMoment moment = Correlated.moment(new double[][] {{1, 3, 0, 3, 2}});
        assertThat(FeedbackFactor.descending(moment)).containsExactly(1, 3, 4, 0, 2);
    }

    @Test
    void anIndefiniteMatrixIsRefused() {
        SecondMoment undamped = Correlated.moment(new double[][] {{1, 0, 0}});
        assertThatThrownBy(() -> new FeedbackFactor(undamped, FeedbackFactor.naturalOrder(3)))
                .isInstanceOf(ArithmeticException.class);
    }
}
