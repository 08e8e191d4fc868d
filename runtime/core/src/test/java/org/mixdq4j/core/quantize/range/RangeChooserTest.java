package org.mixdq4j.core.quantize.range;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quantize.statistics.Histogram;
import org.mixdq4j.core.quantize.statistics.TensorStatistics;

class RangeChooserTest {
    private static final int COUNT = 50_000;

    private static float[] values(long seed, DoubleUnaryOperator ofGaussian) {
        Random random = new Random(seed);
        float[] values = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            values[i] = (float) ofGaussian.applyAsDouble(random.nextGaussian());
        }
        return values;
    }

    private static float[] uniform(double lo, double hi) {
        Random random = new Random(3);
        float[] values = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            values[i] = (float) (lo + (hi - lo) * random.nextDouble());
        }
        return values;
    }

    private static float[] heavyTailed() {
        return values(1, g -> 0.1 * g * g * g * g * g);
    }

    private static float[] laplace() {
        float[] values = uniform(-1, 1);
        for (int i = 0; i < COUNT; i++) {
            values[i] = (float) (-Math.signum(values[i]) * Math.log(1 - Math.abs(values[i])));
        }
        return values;
    }

    private static TensorStatistics statistics(float... values) {
        TensorStatistics statistics = new TensorStatistics(1);
        statistics.add(values, 1, 1, 0, 1, 0, 1);
        statistics.endBatch(0.9);
        return statistics;
    }

    private static AffineParams choose(RangeMethod method, float[] values, int bits) {
        return new RangeChooser(method, 99).choose(statistics(values), bits);
    }

    @Test
    void minmaxTakesTheExtremesAndRunningMinmaxTheirAverage() {
        TensorStatistics statistics = statistics(-1, 3);
        statistics.add(new float[] {-2, 13}, 1, 1, 0, 1, 0, 1);
        statistics.endBatch(0.9);

        assertThat(new RangeChooser(RangeMethod.MINMAX, 0).choose(statistics, 8))
                .isEqualTo(AffineParams.ofRange(-2, 13, 8));
        assertThat(new RangeChooser(RangeMethod.RUNNING_MINMAX, 0).choose(statistics, 8))
                .isEqualTo(AffineParams.ofRange(0.9 * -1 + (1 - 0.9) * -2, 0.9 * 3 + (1 - 0.9) * 13, 8));
    }

    @ParameterizedTest(name = "share {0}")
    @ValueSource(doubles = {0, 0.0001, 0.01, 0.25, 0.5, 0.9, 0.999, 1})
    void quantilesAreThoseOfTheSortedValuesToABin(double share) {
        for (float[] values : new float[][] {values(7, g -> g), uniform(-3, 1), uniform(2, 5)}) {
            TensorStatistics statistics = statistics(values);
            float[] sorted = values.clone();
            Arrays.sort(sorted);
            double bin = 2 * statistics.histogram().limit() / Histogram.BINS;
            int at = (int) Math.min(COUNT - 1, Math.max(0, Math.ceil(share * COUNT) - 1));

            assertThat(RangeChooser.quantile(statistics, share)).isCloseTo(sorted[at], within(bin));
        }
    }

    @Test
    void percentileCutsTheSameShareAtEachEndAndNeverWidens() {
        float[] values = heavyTailed();
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        TensorStatistics statistics = statistics(values);
        double bin = 2 * statistics.histogram().limit() / Histogram.BINS;

        AffineParams params = choose(RangeMethod.PERCENTILE, values, 8);

        double low = sorted[(int) (0.005 * COUNT)];
        double high = sorted[(int) (0.995 * COUNT)];
        assertThat(params.scale() * 255.0).isCloseTo(high - low, within(2 * bin));
        assertThat(params.scale())
                .isLessThan(choose(RangeMethod.MINMAX, values, 8).scale() / 3);
        assertThat(new RangeChooser(RangeMethod.PERCENTILE, 100).choose(statistics, 8))
                .isEqualTo(AffineParams.ofRange(statistics.min(), statistics.max(), 8));
    }

    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {3, 4, 6, 8})
    void mseKeepsUniformDataButForHalfAStepAtEachEnd(int bits) {
        float[] values = uniform(-2, 3);
        float whole = choose(RangeMethod.MINMAX, values, bits).scale();
        // The best levels are the middles of 2^bits cells, so the outer ones lie half a step inside. Tried in percents.
        double least = 1 - 1.0 / (1 << bits) - 0.01;
        assertThat(choose(RangeMethod.MSE, values, bits).scale()).isBetween((float) (least * whole), whole);
        if (bits == 8) {
            assertThat(choose(RangeMethod.MSE, values, bits).scale()).isEqualTo(whole);
        }
    }

    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {4, 6, 8})
    void mseCutsHeavyTails(int bits) {
        float[] values = laplace();
        AffineParams cut = choose(RangeMethod.MSE, values, bits);
        AffineParams whole = choose(RangeMethod.MINMAX, values, bits);

        assertThat(cut.scale()).isLessThan(0.95f * whole.scale());
        assertThat(bruteForce(values, cut)).isLessThan(bruteForce(values, whole));
    }

    /** The best of the clipping factors by quantizing every value. */
    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {4, 6, 8})
    void mseIsAsGoodAsTheBestOfAllFactors(int bits) {
        for (float[] values : new float[][] {values(1, g -> g), values(2, g -> g + 2), laplace(), heavyTailed()}) {
            TensorStatistics statistics = statistics(values);
            double best = Double.POSITIVE_INFINITY;
            for (int percent = 100; percent >= 30; percent--) {
                best = Math.min(
                        best,
                        bruteForce(
                                values,
                                AffineParams.ofRange(
                                        statistics.min() * percent / 100.0, statistics.max() * percent / 100.0, bits)));
            }
            assertThat(bruteForce(values, choose(RangeMethod.MSE, values, bits)))
                    .isLessThan(1.01 * best);
        }
    }

    @ParameterizedTest(name = "{0} bits, range cut to {1} %")
    @CsvSource({"8, 100", "8, 60", "6, 100", "6, 40", "4, 70"})
    void theEstimatedErrorIsCloseToTheTrueOne(int bits, int percent) {
        for (float[] values : new float[][] {values(5, g -> g), laplace(), heavyTailed()}) {
            TensorStatistics statistics = statistics(values);
            AffineParams params =
                    AffineParams.ofRange(statistics.min() * percent / 100.0, statistics.max() * percent / 100.0, bits);

            double truth = bruteForce(values, params);
            // Values at one edge of their bin are taken for spread over all of it.
            double bin = 2 * statistics.histogram().limit() / Histogram.BINS;

            assertThat(RangeChooser.squaredError(statistics.histogram(), params))
                    .isCloseTo(truth, within(0.03 * truth + COUNT * bin * bin / 3));
        }
    }

    private static double bruteForce(float[] values, AffineParams params) {
        double error = 0;
        for (float value : values) {
            double difference = value - (double) params.dequantize(params.quantize(value));
            error += difference * difference;
        }
        return error;
    }

    @ParameterizedTest
    @EnumSource
    void zerosAndConstantsHaveARange(RangeMethod method) {
        assertThat(choose(method, new float[10], 8).scale()).isEqualTo(AffineParams.MIN_SCALE);
        for (float constant : new float[] {5, -5}) {
            float[] values = new float[100];
            Arrays.fill(values, constant);
            AffineParams params = choose(method, values, 8);
            assertThat(params.dequantize(params.quantize(constant))).isCloseTo(constant, within(0.02f));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMethodIsFoundByItsWord(RangeMethod method) {
        assertThat(RangeMethod.of(method.word())).contains(method);
        assertThat(RangeMethod.of(method.name())).isEmpty();
    }
}
