package org.mixdq4j.sensitivity.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Between the noise levels that were tried out, and beyond them. */
class SimilarityCurveTest {
    /** Loses in proportion to small noise and levels off at 0.2, as pictures do. */
    private static double similarity(double ratio) {
        return 1 - 0.8 * ratio / (ratio + 0.01);
    }

    @Test
    void isCloseToTheFunctionBetweenItsPoints() {
        SimilarityCurve curve = new SimilarityCurve(SimilarityCurveTest::similarity);
        for (double decibels = 100; decibels > -14; decibels -= 0.7) {
            double ratio = Math.pow(10, -decibels / 10);
            double loss = 1 - similarity(ratio);
            assertThat(1 - curve.at(ratio)).as("%.1f dB", decibels).isEqualTo(loss, within(0.04 * loss + 1e-15));
        }
    }

    @Test
    void triesNoiseOverTheWholeRange() {
        List<Double> tried = new ArrayList<>();
        new SimilarityCurve(ratio -> {
            tried.add(ratio);
            return similarity(ratio);
        });
        assertThat(tried).hasSize(20).isSorted();
        assertThat(tried.get(0)).isEqualTo(1e-8, within(1e-15));
        assertThat(tried.get(19)).isEqualTo(Math.pow(10, 1.5), within(1e-9));
    }

    @Test
    void fallsWithNoiseSoThatRanksAreThoseOfTheNoise() {
        SimilarityCurve curve = new SimilarityCurve(SimilarityCurveTest::similarity);
        double last = curve.at(0);
        assertThat(last).isEqualTo(1);
        for (double ratio = 1e-13; ratio < 30; ratio *= 1.3) {
            assertThat(curve.at(ratio)).isLessThan(last);
            last = curve.at(ratio);
        }
    }

    @Test
    void endsWhereItsSeriesEnds() {
        SimilarityCurve curve = new SimilarityCurve(SimilarityCurveTest::similarity);
        double worst = similarity(Math.pow(10, 1.5));
        for (double ratio : new double[] {Math.pow(10, 1.5), 1e9, Double.POSITIVE_INFINITY, Double.NaN}) {
            assertThat(curve.at(ratio)).isEqualTo(worst, within(1e-12));
        }
    }

    @Test
    void picturesThatNeverDifferStayTheSame() {
        SimilarityCurve curve = new SimilarityCurve(ratio -> 1);
        assertThat(curve.at(1)).isEqualTo(1, within(1e-14));
        assertThat(curve.at(0)).isEqualTo(1);
    }
}
