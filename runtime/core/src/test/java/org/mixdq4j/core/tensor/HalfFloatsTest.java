package org.mixdq4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalfFloatsTest {
    @Test
    void everyF16SurvivesTheRoundTrip() {
        for (int bits = 0; bits <= 0xffff; bits++) {
            float value = HalfFloats.fromF16((short) bits);
            if (!Float.isNaN(value)) {
                assertThat(HalfFloats.toF16(value) & 0xffff).isEqualTo(bits);
            }
        }
    }

    @Test
    void roundsHalfToEvenAndOverflowsToInfinity() {
        assertThat(HalfFloats.toF16(2049f)).isEqualTo(HalfFloats.toF16(2048f));
        assertThat(HalfFloats.toF16(2051f)).isEqualTo(HalfFloats.toF16(2052f));
        assertThat(HalfFloats.fromF16(HalfFloats.toF16(65519f))).isEqualTo(65504f);
        assertThat(HalfFloats.fromF16(HalfFloats.toF16(65520f))).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(HalfFloats.fromF16(HalfFloats.toF16(0x1p-25f))).isZero();
        assertThat(HalfFloats.fromF16(HalfFloats.toF16(0x1.8p-25f))).isEqualTo(0x1p-24f);
        assertThat(HalfFloats.fromF16(HalfFloats.toF16(Float.NaN))).isNaN();
    }

    @Test
    void bf16IsTheUpperHalfOfAFloat() {
        assertThat(HalfFloats.fromBf16((short) 0x3fc0)).isEqualTo(1.5f);
        assertThat(HalfFloats.fromBf16((short) 0xc000)).isEqualTo(-2f);
    }
}
