package org.mixdq4j.core.quantize.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistogramTest {
    private static Histogram one(float... values) {
        Histogram histogram = new Histogram();
        for (float value : values) {
            histogram.cover(Math.abs(value));
            histogram.add(value);
        }
        return histogram;
    }

    private static Histogram covered(double magnitude, float... values) {
        Histogram histogram = new Histogram();
        histogram.cover(magnitude);
        for (float value : values) {
            histogram.add(value);
        }
        return histogram;
    }

    private static void same(Histogram a, Histogram b) {
        assertThat(a.limit()).isEqualTo(b.limit());
        assertThat(a.counts()).containsExactly(b.counts());
    }

    @Test
    void doublingMergesExactly() {
        float[] values = heavyTailed(5000);
        double largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }

        same(one(values), covered(largest, values));
    }

    @Test
    void theOrderOfValuesDoesNotMatter() {
        float[] values = heavyTailed(5000);
        float[] reversed = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            reversed[i] = values[values.length - 1 - i];
        }

        same(one(values), one(reversed));
    }

    @ParameterizedTest
    @ValueSource(floats = {-1e-17f, -0x1p-53f, -1e-30f, -Float.MIN_VALUE, 1e-30f, -0f, 0f})
    void aTinyValueIsInTheSameBinWhetherItCameFirstOrLast(float tiny) {
        same(one(tiny, 1f), one(1f, tiny));
    }

    @ParameterizedTest
    @ValueSource(floats = {1f, 1.5f, 0.99999994f, 3e38f, Float.MAX_VALUE, 1e-40f, 7e-20f, 4f})
    void valuesAtTheLimitsHaveABin(float magnitude) {
        Histogram histogram = one(magnitude, -magnitude, Math.nextDown(magnitude), -Math.nextDown(magnitude));

        assertThat(histogram.limit()).isGreaterThan(magnitude).isLessThanOrEqualTo(2.0 * magnitude);
        long total = 0;
        for (int bin = 0; bin < Histogram.BINS; bin++) {
            if (histogram.count(bin) > 0) {
                double reach = histogram.limit() / Histogram.BINS * 2;
                assertThat(Math.abs(histogram.center(bin))).isBetween(magnitude - 2 * reach, magnitude + 2 * reach);
            }
            total += histogram.count(bin);
        }
        assertThat(total).isEqualTo(4);
    }

    @Test
    void everyValueLiesBetweenTheEdgesOfItsBin() {
        Random random = new Random(3);
        for (int i = 0; i < 2000; i++) {
            float value = (float) (random.nextGaussian() * Math.exp(4 * random.nextGaussian()));
            Histogram histogram = covered(Math.abs(value), value);
            for (int bin = 0; bin < Histogram.BINS; bin++) {
                if (histogram.count(bin) > 0) {
                    assertThat((double) value)
                            .isGreaterThanOrEqualTo(histogram.edge(bin))
                            .isLessThan(histogram.edge(bin + 1));
                    assertThat(histogram.center(bin)).isEqualTo((histogram.edge(bin) + histogram.edge(bin + 1)) / 2);
                }
            }
        }
    }

    @Test
    void allZerosHaveNoRange() {
        Histogram histogram = one(0f, -0f, 0f);

        assertThat(histogram.limit()).isZero();
        assertThat(histogram.count(0)).isEqualTo(3);
        assertThat(histogram.center(0)).isZero();
        assertThat(histogram.edge(0)).isZero();
    }

    @Test
    void zerosStayZerosWhenARangeComesLater() {
        Histogram histogram = one(0f, 0f, 0.75f);

        assertThat(histogram.limit()).isEqualTo(1);
        assertThat(histogram.count(Histogram.BINS / 2)).isEqualTo(2);
        assertThat(histogram.count(Histogram.BINS / 2 + Histogram.BINS * 3 / 8)).isEqualTo(1);
        same(histogram, one(0.75f, 0f, 0f));
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void refusesWhatNoRangeHolds(double magnitude) {
        assertThatThrownBy(() -> new Histogram().cover(magnitude)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> covered(1).cover(magnitude)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void sharesNoCounts() {
        long[] counts = new long[Histogram.BINS];
        Histogram histogram = new Histogram(counts, 1);
        counts[0] = 5;
        histogram.counts()[1] = 5;
        assertThat(histogram.counts()).containsOnly(0);
    }

    private static float[] heavyTailed(int count) {
        Random random = new Random(1);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i % 50 == 0 ? 0 : (float) (random.nextGaussian() * Math.exp(5 * random.nextGaussian()));
        }
        return values;
    }
}
