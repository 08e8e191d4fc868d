package org.mixdq4j.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;

class RgbImageTest {
    @Test
    void roundsHalfToEvenAfterClamping() {
        // 0.1f * 255f, 0.3f * 255f and 0.5f * 255f are exactly 25.5, 76.5 and 127.5 in binary32.
        assertThat(0.1f * 255f).isEqualTo(25.5f);
        float[] unit = {0.1f, 0.3f, 0.5f, -0.2f, 1.7f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, 1f};
        RgbImage image = RgbImage.ofUnit(unit, 1, 3);
        assertThat(image.rgb()).containsExactly(26, 76, (byte) 128, 0, (byte) 255, (byte) 255, 0, 0, (byte) 255);
    }

    @Test
    void everyByteSurvivesTheRoundTripThroughFloats() {
        byte[] rgb = new byte[256 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 7);
        }
        RgbImage image = new RgbImage(16, 16, rgb);
        assertThat(RgbImage.ofUnit(image.toUnit(), 16, 16)).isEqualTo(image);
    }

    @Test
    void pixelsAreRowMajor() {
        RgbImage image = new RgbImage(2, 2, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, (byte) 0xff, (byte) 0x80, 0});
        assertThat(image.pixel(1, 0)).isEqualTo(0x040506);
        assertThat(image.pixel(0, 1)).isEqualTo(0x070809);
        assertThat(image.pixel(1, 1)).isEqualTo(0xff8000);
        assertThatThrownBy(() -> image.pixel(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void refusesNanAndWrongSizes() {
        assertThatThrownBy(() -> RgbImage.ofUnit(new float[] {0, 0, 0, 0, Float.NaN, 0}, 2, 1))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("NaN at x 0, y 1");
        assertThatThrownBy(() -> RgbImage.ofUnit(new float[5], 1, 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RgbImage(2, 2, new byte[9])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void equalityIsByContent() {
        assertThat(RgbImage.filled(2, 3, 0x102030)).isEqualTo(RgbImage.filled(2, 3, 0x102030));
        assertThat(RgbImage.filled(2, 3, 0x102030)).isNotEqualTo(RgbImage.filled(3, 2, 0x102030));
        assertThat(RgbImage.filled(2, 3, 0x102030)).isNotEqualTo(RgbImage.filled(2, 3, 0x102031));
    }
}
