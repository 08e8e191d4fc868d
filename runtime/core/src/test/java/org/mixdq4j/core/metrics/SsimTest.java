package org.mixdq4j.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;

class SsimTest {
    private static final int HEIGHT = 17;
    private static final int WIDTH = 23;
    private static final double C1 = 1e-4;
    private static final double C2 = 9e-4;

    @Test
    void equalPicturesScoreOne() {
        float[] picture = waves(0);
        assertThat(Ssim.gaussian(picture, picture, HEIGHT, WIDTH, 3)).isCloseTo(1, within(1e-12));
        assertThat(Ssim.global(picture, picture, HEIGHT, WIDTH, 3)).isCloseTo(1, within(1e-12));
    }

    @Test
    void isSymmetric() {
        float[] a = waves(0);
        float[] b = waves(1);
        assertThat(Ssim.gaussian(a, b, HEIGHT, WIDTH, 3)).isEqualTo(Ssim.gaussian(b, a, HEIGHT, WIDTH, 3));
        assertThat(Ssim.global(a, b, HEIGHT, WIDTH, 3)).isEqualTo(Ssim.global(b, a, HEIGHT, WIDTH, 3));
    }

    @Test
    void flatPicturesDifferInLuminanceOnly() {
        float[] dark = new float[HEIGHT * WIDTH];
        float[] light = new float[HEIGHT * WIDTH];
        Arrays.fill(dark, 0.25f);
        Arrays.fill(light, 0.75f);
        double expected = (2 * 0.25 * 0.75 + C1) / (0.25 * 0.25 + 0.75 * 0.75 + C1);
        assertThat(Ssim.gaussian(dark, light, HEIGHT, WIDTH, 1)).isCloseTo(expected, within(1e-9));
        assertThat(Ssim.global(dark, light, HEIGHT, WIDTH, 1)).isCloseTo(expected, within(1e-9));
    }

    @Test
    void globalUsesTheSampleCovariance() {
        // means 1/2; deviations a: -1/2, 1/2, b: -1/4, 1/4; sample variances 1/2 and 1/8, covariance 1/4
        double expected = (2 * 0.25 + C2) / (0.5 + 0.125 + C2);
        assertThat(Ssim.global(new float[] {0, 1}, new float[] {0.25f, 0.75f}, 1, 2, 1))
                .isCloseTo(expected, within(1e-12));
    }

    @Test
    void channelsAreComparedApart() {
        // channel 0 as above, channel 1 equal
        double first = (2 * 0.25 + C2) / (0.5 + 0.125 + C2);
        float[] a = {0, 0.1f, 1, 0.6f};
        float[] b = {0.25f, 0.1f, 0.75f, 0.6f};
        assertThat(Ssim.global(a, b, 1, 2, 2)).isCloseTo((first + 1) / 2, within(1e-12));
    }

    @Test
    void oneWindowIsTheGaussianWeightedIndex() {
        // An 11 x 11 picture has one window; written out with the two-dimensional weights and a two-pass covariance.
        float[] a = Arrays.copyOf(waves(0), 121);
        float[] b = Arrays.copyOf(waves(2), 121);
        double total = 0;
        double meanA = 0;
        double meanB = 0;
        for (int i = 0; i < 121; i++) {
            total += weight(i);
            meanA += weight(i) * a[i];
            meanB += weight(i) * b[i];
        }
        meanA /= total;
        meanB /= total;
        double varianceA = 0;
        double varianceB = 0;
        double covariance = 0;
        for (int i = 0; i < 121; i++) {
            varianceA += weight(i) / total * (a[i] - meanA) * (a[i] - meanA);
            varianceB += weight(i) / total * (b[i] - meanB) * (b[i] - meanB);
            covariance += weight(i) / total * (a[i] - meanA) * (b[i] - meanB);
        }
        double expected = (2 * meanA * meanB + C1)
                / (meanA * meanA + meanB * meanB + C1)
                * (2 * covariance + C2)
                / (varianceA + varianceB + C2);
        assertThat(Ssim.gaussian(a, b, 11, 11, 1)).isCloseTo(expected, within(1e-10));
    }

    @Test
    void everyWindowThatFitsCountsOnce() {
        // A picture of 11 x 12 has two windows: the mean of its two 11 x 11 halves.
        float[] a = Arrays.copyOf(waves(0), 12 * 11);
        float[] b = Arrays.copyOf(waves(1), 12 * 11);
        double above = Ssim.gaussian(Arrays.copyOf(a, 121), Arrays.copyOf(b, 121), 11, 11, 1);
        double below = Ssim.gaussian(Arrays.copyOfRange(a, 11, 132), Arrays.copyOfRange(b, 11, 132), 11, 11, 1);
        assertThat(above).isNotCloseTo(below, within(1e-6));
        assertThat(Ssim.gaussian(a, b, 12, 11, 1)).isCloseTo((above + below) / 2, within(1e-12));
    }

    /** Numbers from NumPy and from SciPy's gaussian_filter(sigma=1.5, truncate=3.5), which scikit-image's SSIM is made of. */
    @Test
    void agreesWithScientificPython() {
        assertThat(Ssim.gaussian(waves(0), waves(0.3), HEIGHT, WIDTH, 3)).isCloseTo(0.9532034945416147, within(1e-7));
        assertThat(Ssim.global(waves(0), waves(0.3), HEIGHT, WIDTH, 3)).isCloseTo(0.9554201667076084, within(1e-7));
    }

    @Test
    void aNanAnywhereIsNeverAGoodScore() {
        for (int position : new int[] {0, WIDTH * 3 - 1, HEIGHT * WIDTH, HEIGHT * WIDTH * 3 - 1}) {
            float[] broken = waves(0);
            broken[position] = Float.NaN;
            assertThat(Ssim.gaussian(waves(0), broken, HEIGHT, WIDTH, 3)).isNaN();
            assertThat(Ssim.gaussian(broken, broken, HEIGHT, WIDTH, 3)).isNaN();
            assertThat(Ssim.global(broken, waves(0), HEIGHT, WIDTH, 3)).isNaN();
        }
    }

    @Test
    void picturesThatCannotBeComparedAreRefused() {
        assertThatThrownBy(() -> Ssim.gaussian(new float[100], new float[100], 10, 10, 1))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("11 x 11")
                .hasMessageContaining("10 x 10");
        assertThatIllegalArgumentException().isThrownBy(() -> Ssim.gaussian(new float[363], new float[121], 11, 11, 3));
    }

    private static double weight(int pixel) {
        int dy = pixel / 11 - 5;
        int dx = pixel % 11 - 5;
        return Math.exp(-(dx * dx + dy * dy) / 4.5);
    }

    private static float[] waves(double phase) {
        float[] picture = new float[HEIGHT * WIDTH * 3];
        for (int i = 0; i < picture.length; i++) {
            picture[i] = (float) (0.5 + 0.5 * Math.sin(0.37 * i + phase + 0.001 * i * i));
        }
        return picture;
    }
}
