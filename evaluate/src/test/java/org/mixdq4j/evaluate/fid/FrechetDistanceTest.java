package org.mixdq4j.evaluate.fid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.evaluate.statistic.Estimate;

/** Closed forms, and numbers that numpy 2.4 and scipy 1.17 (linalg.sqrtm) gave for the same rows. */
class FrechetDistanceTest {
    private static final double[] ORIGIN = {0, 0};

    /** Rows that Python was given, too. */
    private static float[][] rows(int n, int d, double p, double q) {
        float[][] rows = new float[n][d];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                rows[i][j] =
                        (float) (Math.sin(p * (i + 1) * (j + 1) % 97) + q * Math.cos(3 * i + 7 * j * j % 31) + 0.1 * j);
            }
        }
        return rows;
    }

    @Test
    void ofDiagonalCovariancesIsThatOfTheDeviations() {
        // (3 - 1)^2 + (2 - 5)^2 + |m|^2
        Gaussian a = Gaussian.of(new double[] {1, 2}, new double[][] {{9, 0}, {0, 4}});
        Gaussian b = Gaussian.of(new double[] {2, 0}, new double[][] {{1, 0}, {0, 25}});
        assertThat(FrechetDistance.of(a, b)).isCloseTo(4 + 9 + 5, within(1e-12));
    }

    @ParameterizedTest(name = "{0} radians")
    @CsvSource({"0.3", "1", "2.5"})
    void rotatingBothChangesNothing(double angle) {
        double[][] c1 = {{9, 0}, {0, 4}};
        double[][] c2 = {{1, 0}, {0, 25}};
        Gaussian a = Gaussian.of(ORIGIN, rotate(c1, angle));
        Gaussian b = Gaussian.of(ORIGIN, rotate(c2, angle));
        assertThat(FrechetDistance.of(a, b)).isCloseTo(13, within(1e-12));
    }

    @Test
    void rotatingOneByARightAngleSwapsItsDeviations() {
        Gaussian a = Gaussian.of(ORIGIN, new double[][] {{9, 0}, {0, 4}});
        Gaussian b = Gaussian.of(ORIGIN, rotate(new double[][] {{1, 0}, {0, 25}}, Math.PI / 2));
        assertThat(FrechetDistance.of(a, b)).isCloseTo(4 + 1, within(1e-12));
    }

    @Test
    void ofCovariancesThatDoNotCommute() {
        Gaussian a = Gaussian.of(new double[] {1, 2, 3}, new double[][] {{2, .5, 0}, {.5, 1, .3}, {0, .3, 1.5}});
        Gaussian b = Gaussian.of(new double[] {.5, 2.5, 2}, new double[][] {{1, -.2, .1}, {-.2, 3, .4}, {.1, .4, .7}});
        assertThat(FrechetDistance.of(a, b)).isCloseTo(2.5568060296842994, within(1e-12));
    }

    @Test
    void ofMoreSamplesThanFeatures() {
        assertThat(FrechetDistance.of(rows(40, 6, 1.3, 0.5), rows(30, 6, 0.7, 0.9)))
                .isCloseTo(1.013613640228849, within(1e-6));
    }

    @Test
    void ofFewerSamplesThanFeatures() {
        // Python: by eigenvalues; sqrtm of a singular product is off by 8e-8.
        assertThat(FrechetDistance.of(rows(7, 12, 1.3, 0.5), rows(9, 12, 0.7, 0.9)))
                .isCloseTo(9.778191741092895, within(1e-5));
    }

    @Test
    void ofOneSingularCovariance() {
        assertThat(FrechetDistance.of(rows(40, 6, 1.3, 0.5), rows(5, 6, 0.7, 0.9)))
                .isCloseTo(4.0894659966026, within(1e-6));
    }

    @ParameterizedTest(name = "{0} samples of {1} features")
    @CsvSource({"40, 6", "7, 12", "12, 12"})
    void ofASetToItselfIsZero(int n, int d) {
        assertThat(FrechetDistance.of(rows(n, d, 1.3, 0.5), rows(n, d, 1.3, 0.5)))
                .isBetween(0.0, 1e-12);
    }

    @Test
    void isSymmetric() {
        float[][] a = rows(40, 6, 1.3, 0.5);
        float[][] b = rows(5, 6, 0.7, 0.9);
        assertThat(FrechetDistance.of(a, b)).isCloseTo(FrechetDistance.of(b, a), within(1e-12));
    }

    @Test
    void otherFeaturesAndSinglePicturesAreRefused() {
        assertThatThrownBy(() -> FrechetDistance.of(rows(9, 4, 1, 1), rows(9, 5, 1, 1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Gaussian.ofSamples(rows(1, 4, 1, 1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void errorIsThatOfRepeatedSampling() {
        // Means 2 apart in one dimension: the error of (m1 - m2)^2 is about 2 * 2 * sqrt(1/n + 1/n).
        int n = 400;
        Random random = new Random(5);
        float[][] a = new float[n][1];
        float[][] b = new float[n][1];
        for (int i = 0; i < n; i++) {
            a[i][0] = (float) random.nextGaussian();
            b[i][0] = (float) (2 + random.nextGaussian());
        }
        Estimate estimate = FrechetDistance.estimate(a, b, false, 200, 1);
        assertThat(estimate.value()).isEqualTo(FrechetDistance.of(a, b));
        assertThat(estimate.error()).isCloseTo(4 * Math.sqrt(2.0 / n), Percentage.withPercentage(25));
    }

    @Test
    void errorOfPairsLeavesOutWhatTheyHaveInCommon() {
        float[][] a = rows(60, 6, 1.3, 0.5);
        float[][] b = new float[60][];
        for (int i = 0; i < b.length; i++) {
            b[i] = a[i].clone();
            b[i][0] += 0.5f;
        }
        Estimate paired = FrechetDistance.estimate(a, b, true, 40, 1);
        assertThat(paired.value()).isCloseTo(0.25, within(1e-6));
        assertThat(paired.error()).isLessThan(1e-6);
        assertThat(FrechetDistance.estimate(a, b, false, 40, 1).error()).isGreaterThan(0.01);
    }

    @Test
    void sameSeedSameError() {
        float[][] a = rows(40, 6, 1.3, 0.5);
        float[][] b = rows(30, 6, 0.7, 0.9);
        Estimate first = FrechetDistance.estimate(a, b, false, 30, 9);
        assertThat(FrechetDistance.estimate(a, b, false, 30, 9)).isEqualTo(first);
        assertThat(FrechetDistance.estimate(a, b, false, 30, 10).error()).isNotEqualTo(first.error());
        assertThat(FrechetDistance.estimate(a, b, false, 0, 9).error()).isNaN();
    }

    private static double[][] rotate(double[][] c, double angle) {
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        double[][] r = {{cos, -sin}, {sin, cos}};
        double[][] out = new double[2][2];
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                for (int k = 0; k < 2; k++) {
                    for (int l = 0; l < 2; l++) {
                        out[i][j] += r[i][k] * c[k][l] * r[j][l];
                    }
                }
            }
        }
        return out;
    }
}
