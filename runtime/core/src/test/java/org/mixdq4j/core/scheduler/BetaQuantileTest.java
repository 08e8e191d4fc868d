package org.mixdq4j.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/** Quantiles that SciPy 1.17 gives: {@code scipy.stats.beta.ppf(q, a, b)}. */
class BetaQuantileTest {
    @ParameterizedTest
    @CsvFileSource(resources = "/beta_quantiles.csv", numLinesToSkip = 1)
    void equalsSciPy(double a, double b, double q, double expected) {
        assertThat(new BetaQuantile(a, b).of(q)).isCloseTo(expected, within(4e-14 * Math.max(1e-3, expected)));
    }
}
