package org.mixdq4j.evaluate.statistic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EstimateTest {
    @Test
    void meanAndItsStandardError() {
        Estimate mean = Estimate.ofMean(new double[] {1, 2, 4, 5});
        assertThat(mean.value()).isEqualTo(3);
        assertThat(mean.error()).isCloseTo(Math.sqrt(10.0 / 3 / 4), within(1e-15));
    }

    @Test
    void oneValueHasNoError() {
        assertThat(Estimate.ofMean(new double[] {7}).value()).isEqualTo(7);
        assertThat(Estimate.ofMean(new double[] {7}).error()).isNaN();
        assertThat(Estimate.ofMean(new double[0]).value()).isNaN();
    }

    @Test
    void whatPairsHaveInCommonCancels() {
        double[] hard = {10, 20, 30};
        Estimate difference = Estimate.ofMeanDifference(new double[] {11, 21, 31}, hard);
        assertThat(difference.value()).isEqualTo(1);
        assertThat(difference.error()).isZero();
        assertThatThrownBy(() -> Estimate.ofMeanDifference(new double[2], hard))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void resamplesGiveTheErrorNotTheValue() {
        Estimate estimate = Estimate.ofResamples(5, new double[] {7, 9});
        assertThat(estimate.value()).isEqualTo(5);
        assertThat(estimate.error()).isCloseTo(Math.sqrt(2), within(1e-15));
        assertThat(Estimate.ofResamples(5, new double[0]).error()).isNaN();
    }
}
