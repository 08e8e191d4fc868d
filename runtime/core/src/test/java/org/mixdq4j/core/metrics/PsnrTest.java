package org.mixdq4j.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PsnrTest {
    private static final float[] PICTURE = {0, 0.5f, 1, 0.25f};

    @Test
    void isThePeakOverTheMeanSquaredError() {
        // mean squared error (0.25 + 0 + 0.25 + 0) / 4 = 1 / 8
        float[] other = {0.5f, 0.5f, 0.5f, 0.25f};
        assertThat(Psnr.of(PICTURE, other, 1)).isCloseTo(10 * Math.log10(8), within(1e-12));
        assertThat(Psnr.of(PICTURE, other, 2)).isCloseTo(10 * Math.log10(32), within(1e-12));
        assertThat(Psnr.of(other, PICTURE, 1)).isEqualTo(Psnr.of(PICTURE, other, 1));
    }

    @Test
    void equalPicturesAreInfinitelyGoodAndBrokenOnesAreNot() {
        assertThat(Psnr.of(PICTURE, PICTURE, 1)).isEqualTo(Double.POSITIVE_INFINITY);
        float[] nan = {0, Float.NaN, 1, 0.25f};
        assertThat(Psnr.of(PICTURE, nan, 1)).isNaN();
        assertThat(Psnr.of(nan, nan, 1)).isNaN();
        assertThat(Psnr.of(new float[0], new float[0], 1)).isNaN();
    }

    @Test
    void picturesOfUnlikeLengthsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Psnr.of(PICTURE, new float[3], 1));
    }
}
