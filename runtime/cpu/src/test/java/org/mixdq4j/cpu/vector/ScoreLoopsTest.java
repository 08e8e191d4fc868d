package org.mixdq4j.cpu.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Loops over scores with the Vector API against those of plain Java, bit for bit, and these against their definitions. */
class ScoreLoopsTest {

    private static final int SIZE = 1040;

    private static final float[] EXTREMES = {
        0f,
        -0f,
        Float.NaN,
        Float.intBitsToFloat(-1),
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        3e38f,
        -3e38f,
        1e-40f
    };

    private final ScoreLoops plain = new ScalarScores();

    @Test
    void vectorsGiveTheSameBits() {
        if (!VectorLoops.supported()) {
            return;
        }
        for (int n : new int[] {16, 32, 48, 80, 1024}) {
            for (boolean extremes : new boolean[] {false, true}) {
                assertThat(results(new VectorScores(), n, extremes))
                        .as("%s elements, extremes %s", n, extremes)
                        .isEqualTo(results(plain, n, extremes));
            }
        }
    }

    /** Of every loop, all that it may have written. NaNs may differ in their payload. */
    private static List<Integer> results(ScoreLoops loops, int n, boolean extremes) {
        float[] x = numbers(1, extremes);
        float[] y = new float[SIZE];
        byte[] bytes = new byte[2 * SIZE];
        byte[] digits = new byte[2 * SIZE];
        List<Integer> all = new ArrayList<>();
        for (float factor : new float[] {0.7f, 0, 1e-30f}) {
            ScoreRows rows = rows(x, n, factor);
            loops.maxima(rows);
            add(all, rows.maxima);
            loops.peaks(rows);
            add(all, rows.maxima);
            Arrays.fill(rows.maxima, 30);
            loops.powers(rows);
            add(all, rows.x);
            add(all, rows.sums);
            rows = rows(x, n, factor);
            Arrays.fill(rows.maxima, 30);
            loops.digits(rows, bytes, digits, n + 32);
            add(all, rows.sums);
            add(all, bytes);
            add(all, digits);
            loops.scale(rows);
            add(all, rows.x);
        }
        for (int middle : new int[] {0, 128}) {
            ScoreRows rows = rows(numbers(3, false), n, 7);
            loops.integers(rows, numbers(4, false), middle == 0 ? 1 : 3, middle, bytes);
            add(all, rows.sums);
            add(all, bytes);
        }
        loops.integers(rows(numbers(3, false), n, 1), numbers(4, false), numbers(5, false), bytes);
        add(all, bytes);
        ScoreRows rows = rows(x, n, 0.3f);
        for (int period : new int[] {1, 2}) {
            loops.magnitudes(rows, numbers(6, false), period);
            add(all, rows.maxima);
        }
        loops.columnSums(rows, y);
        add(all, y);
        loops.columnLargest(rows, numbers(6, false), y);
        add(all, y);
        loops.combine(rows, numbers(7, extremes), numbers(8, extremes), 3, 16);
        add(all, rows.x);
        return all;
    }

    /** Some rows, each followed by 16 numbers that no loop may touch. */
    private static ScoreRows rows(float[] x, int n, float factor) {
        ScoreRows rows = new ScoreRows();
        rows.plan(n + 16);
        rows.stride = n + 16;
        rows.n = n;
        rows.rows = Math.min(ScoreRows.count(rows.stride), SIZE / rows.stride);
        System.arraycopy(x, 0, rows.x, 0, Math.min(SIZE, rows.x.length));
        Arrays.fill(rows.factors, factor);
        return rows;
    }

    /** One row. */
    private static ScoreRows row(float[] x, float maximum, float factor) {
        ScoreRows rows = new ScoreRows();
        rows.plan(SIZE);
        rows.stride = SIZE;
        rows.n = SIZE;
        rows.rows = 1;
        System.arraycopy(x, 0, rows.x, 0, SIZE);
        rows.maxima[0] = maximum;
        rows.factors[0] = factor;
        return rows;
    }

    private static void add(List<Integer> all, float... numbers) {
        for (float number : numbers) {
            all.add(Float.floatToIntBits(number));
        }
    }

    private static void add(List<Integer> all, byte[] numbers) {
        for (byte number : numbers) {
            all.add((int) number);
        }
    }

    private static float[] numbers(long seed, boolean extremes) {
        Random random = new Random(seed);
        float[] x = new float[SIZE];
        for (int i = 0; i < SIZE; i++) {
            boolean extreme = extremes && i % 5 == 0;
            x[i] = extreme ? EXTREMES[i / 5 % EXTREMES.length] : (float) random.nextGaussian() * 4;
        }
        return x;
    }

    @Test
    void maximaAreThoseOfEachRow() {
        ScoreRows rows = rows(numbers(8, false), 16, 1);
        rows.rows = 4;
        rows.x[32 + 5] = Float.NaN;
        rows.x[32 + 6] = 9e9f;
        rows.x[64 + 15] = Float.POSITIVE_INFINITY;
        rows.x[64 + 16] = Float.NaN;
        Arrays.fill(rows.x, 96, 112, Float.NEGATIVE_INFINITY);
        plain.maxima(rows);
        float first = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < 16; i++) {
            first = Math.max(first, rows.x[i]);
        }
        assertThat(Arrays.copyOf(rows.maxima, 4))
                .containsExactly(first, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
    }

    @Test
    void peaksAreMaximaOfNumbers() {
        for (float sign : new float[] {1, -1}) {
            float[] x = numbers(8, false);
            for (int i = 0; i < 96; i++) {
                x[i] = sign * Math.abs(x[i]);
            }
            x[20] = Float.NEGATIVE_INFINITY;
            Arrays.fill(x, 64, 80, -0f);
            ScoreRows rows = rows(x, 16, 1);
            rows.rows = 3;
            plain.maxima(rows);
            float[] expected = Arrays.copyOf(rows.maxima, 3);
            plain.peaks(rows);
            assertThat(Arrays.copyOf(rows.maxima, 3)).containsExactly(expected);
        }
    }

    /** Each row takes its own of several rows of shifts. */
    @Test
    void shiftsAreTakenInTurn() {
        ScoreRows rows = new ScoreRows();
        rows.plan(4, 16);
        rows.set(4, 16);
        Arrays.fill(rows.factors, 1);
        float[] shift = new float[48];
        for (int i = 0; i < 48; i++) {
            shift[i] = -(i / 16 + 1);
        }
        byte[] found = new byte[64];
        plain.magnitudes(rows, shift, 3);
        plain.integers(rows, shift, 3, 0, found);
        assertThat(Arrays.copyOf(rows.maxima, 4)).containsExactly(1, 2, 3, 1);
        assertThat(Arrays.copyOf(rows.sums, 4)).containsExactly(16, 32, 48, 16);
        assertThat(new byte[] {found[0], found[16], found[32], found[48]}).containsExactly(1, 2, 3, 1);
    }

    @Test
    void powersAreWithinAThreeMillionth() {
        float[] x = new float[SIZE];
        for (float first = 0; first > -60; first -= 1) {
            double sum = 0;
            for (int i = 0; i < SIZE; i++) {
                x[i] = first - (float) i / SIZE;
            }
            ScoreRows found = row(x, 0, 1);
            plain.powers(found);
            for (int i = 0; i < SIZE; i++) {
                double expected = Math.pow(2, 17 + x[i] - 1.001);
                assertThat(Math.abs(found.x[i] - expected) / expected).isLessThan(3e-7 + 60 * 0x1p-24);
                assertThat(found.x[i]).isLessThanOrEqualTo(ScoreLoops.TOP);
                sum += found.x[i];
            }
            assertThat(found.sums[0]).isCloseTo((float) sum, org.assertj.core.data.Percentage.withPercentage(1e-4));
        }
    }

    @Test
    void whatIsFarBelowWeighsNothing() {
        float[] x = new float[SIZE];
        Arrays.fill(x, -1e30f);
        x[0] = Float.NEGATIVE_INFINITY;
        x[1] = -Float.MAX_VALUE;
        ScoreRows found = row(x, 5, 3);
        plain.powers(found);
        for (float each : found.x) {
            assertThat(each).isBetween(0f, 1e-20f);
        }
    }

    @Test
    void digitsAreThoseOfRoundedPowers() {
        float[] x = numbers(9, false);
        for (int i = 0; i < SIZE; i++) {
            x[i] = -Math.abs(x[i]);
        }
        ScoreRows powers = row(x, 0, 1);
        plain.powers(powers);
        ScoreRows rows = row(x, 0, 1);
        byte[] high = new byte[SIZE];
        byte[] low = new byte[SIZE];
        plain.digits(rows, high, low, SIZE);
        long expected = 0;
        for (int i = 0; i < SIZE; i++) {
            int level = (int) Math.rint(powers.x[i]);
            expected += level;
            assertThat(256 * (high[i] & 0xFF) + (low[i] & 0xFF)).isEqualTo(level);
        }
        assertThat(rows.sums[0]).isCloseTo(expected, org.assertj.core.data.Percentage.withPercentage(2e-5));
    }

    @Test
    void integersAreRoundedHalfToEven() {
        float[] x = {0.5f, 1.5f, -0.5f, -1.5f, 126.9f, -126.9f, 2.4f, 2.6f, 0, 0, 0, 0, 0, 0, 0, 0};
        for (int middle : new int[] {0, 128}) {
            ScoreRows rows = new ScoreRows();
            rows.plan(2, 16);
            rows.set(2, 16);
            System.arraycopy(x, 0, rows.x, 16, 16);
            rows.factors[1] = 1;
            byte[] found = new byte[32];
            plain.integers(rows, new float[16], 1, middle, found);
            assertThat(found[0]).isEqualTo((byte) middle);
            for (int i = 0; i < x.length; i++) {
                assertThat(found[16 + i]).isEqualTo((byte) (Math.rint(x[i]) + middle));
            }
            assertThat(rows.sums[1]).isEqualTo(5);
        }
    }
}
