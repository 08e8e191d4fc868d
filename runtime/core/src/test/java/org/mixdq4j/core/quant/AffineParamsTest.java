package org.mixdq4j.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AffineParamsTest {
    @ParameterizedTest(name = "[{0}, {1}] in {2} bits")
    @CsvSource({
        "-1, 3, 8",
        "0, 1, 8",
        "-5, -2, 8",
        "2, 9, 4",
        "0, 0, 8",
        "-1e30, 1e30, 8",
        "0, 1e30, 2",
        "-1e30, 1e-30, 8",
        "-1e-40, 1e-45, 8",
        "1e-20, 2e-20, 3",
        "-0.1, 0.7, 5",
        "-3, 0, 6",
        "-700, 12, 7"
    })
    void theRangeHoldsZeroExactly(double lo, double hi, int bits) {
        AffineParams params = AffineParams.ofRange(lo, hi, bits);

        assertThat(params.bits()).isEqualTo(bits);
        assertThat(params.maxLevel()).isEqualTo((1 << bits) - 1);
        assertThat(params.zeroPoint()).isBetween(0, params.maxLevel());
        assertThat(params.dequantize(params.zeroPoint())).isZero();
        assertThat(params.quantize(0f)).isEqualTo(params.zeroPoint());
        assertThat(params.quantize(-0f)).isEqualTo(params.zeroPoint());
        assertThat(params.scale()).isFinite().isGreaterThanOrEqualTo(AffineParams.MIN_SCALE);
        // The ends come back to within half a step for the rounded zero point and half for the level.
        double step = params.scale() * (1 + 1e-5);
        assertThat((double) params.dequantize(params.quantize((float) Math.min(lo, 0))))
                .isBetween(Math.min(lo, 0) - step, Math.min(lo, 0) + step);
        assertThat((double) params.dequantize(params.quantize((float) Math.max(hi, 0))))
                .isBetween(Math.max(hi, 0) - step, Math.max(hi, 0) + step);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
    void everyLevelIsReachedAndStaysItself(int bits) {
        AffineParams params = AffineParams.ofRange(-1.3, 2.9, bits);
        for (int level = 0; level <= params.maxLevel(); level++) {
            assertThat(params.quantize(params.dequantize(level))).isEqualTo(level);
        }
    }

    @ParameterizedTest(name = "{0} is level {1}")
    @CsvSource({"0.5, 2", "1.5, 4", "2.5, 4", "-0.5, 2", "-1.5, 0", "0.49999997, 2", "0.5000002, 3", "1.4999995, 3"})
    void tiesGoToEvenLevels(float x, int level) {
        // Adding the zero point of 2 keeps ties ties and their parity.
        assertThat(new AffineParams(1f, 2, 8).quantize(x)).isEqualTo(level);
    }

    @Test
    void tiesAreOfTheSumNotOfTheProduct() {
        // 0.5 + 3 = 3.5 goes to 4: rounding before the zero point is added would give 0 + 3.
        assertThat(new AffineParams(1f, 3, 8).quantize(0.5f)).isEqualTo(4);
    }

    @Test
    void clampsWhatLiesOutside() {
        AffineParams params = new AffineParams(0.1f, 10, 4);
        for (float low : new float[] {-1.2f, -1e9f, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY}) {
            assertThat(params.quantize(low)).isZero();
        }
        for (float high : new float[] {0.6f, 1e9f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
            assertThat(params.quantize(high)).isEqualTo(15);
        }
    }

    @Test
    void anAllZeroRangeHasTheSmallestScale() {
        assertThat(AffineParams.ofRange(0, 0, 8)).isEqualTo(new AffineParams(AffineParams.MIN_SCALE, 0, 8));
        assertThat(AffineParams.ofRange(0, 1e-12, 8).scale()).isEqualTo(AffineParams.MIN_SCALE);
        assertThat(AffineParams.ofRange(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 8))
                .as("the range of no values")
                .isEqualTo(new AffineParams(AffineParams.MIN_SCALE, 0, 8));
    }

    /** Each float operation is the exact one rounded once: here the exact ones are done in decimal. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
    void equalsTheFormulaInDecimalArithmetic(int bits) {
        Random random = new Random(bits);
        for (int i = 0; i < 3000; i++) {
            double width = Math.exp(random.nextGaussian() * 20);
            AffineParams params = AffineParams.ofRange(-width * random.nextDouble(), width * random.nextDouble(), bits);
            float x = (float) (random.nextGaussian() * width * (i % 10 == 0 ? 1e-3 : 1));
            assertThat(params.quantize(x)).as("%s of %s", x, params).isEqualTo(decimal(params, x));
            // Where roundings decide: a division by the scale instead, or a fused step, would give another level.
            float tie = (random.nextInt(params.maxLevel()) + 0.5f - params.zeroPoint()) * params.scale();
            for (float near : new float[] {Math.nextDown(tie), tie, Math.nextUp(tie)}) {
                assertThat(params.quantize(near)).as("%s of %s", near, params).isEqualTo(decimal(params, near));
            }
        }
    }

    private static int decimal(AffineParams params, float x) {
        float inverse = rounded(BigDecimal.ONE.divide(exact(params.scale()), new MathContext(120)));
        float product = rounded(exact(x).multiply(exact(inverse)));
        BigDecimal sum = exact(rounded(exact(product).add(BigDecimal.valueOf(params.zeroPoint()))));
        return sum.setScale(0, RoundingMode.HALF_EVEN)
                .max(BigDecimal.ZERO)
                .min(BigDecimal.valueOf(params.maxLevel()))
                .intValueExact();
    }

    private static BigDecimal exact(float value) {
        return new BigDecimal(value);
    }

    private static float rounded(BigDecimal value) {
        return value.floatValue();
    }

    @Test
    void theZeroPointIsWhereZeroLies() {
        Random random = new Random(5);
        for (int i = 0; i < 1000; i++) {
            double lo = -Math.exp(random.nextGaussian() * 5);
            double hi = Math.exp(random.nextGaussian() * 5);
            AffineParams params = AffineParams.ofRange(lo, hi, 8);
            assertThat((double) params.scale()).isCloseTo((hi - lo) / 255, within(params.scale() * 1e-7));
            assertThat((double) params.zeroPoint()).isEqualTo(Math.rint(-lo / params.scale()));
        }
    }

    private static org.assertj.core.data.Offset<Double> within(double offset) {
        return org.assertj.core.api.Assertions.within(offset);
    }

    @ParameterizedTest(name = "scale {0}, zero point {1}, {2} bits")
    @CsvSource({
        "0, 0, 8",
        "-1, 0, 8",
        "NaN, 0, 8",
        "Infinity, 0, 8",
        "1, -1, 8",
        "1, 256, 8",
        "1, 4, 2",
        "1, 0, 1",
        "1, 0, 9"
    })
    void refusesWhatIsNoQuantizer(float scale, int zeroPoint, int bits) {
        assertThatThrownBy(() -> new AffineParams(scale, zeroPoint, bits))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no " + bits + "-bit quantizer has scale " + scale);
    }
}
