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
        float[] sums = new float[16];
        float[] y = new float[SIZE];
        byte[] bytes = new byte[SIZE];
        byte[] digits = new byte[2 * SIZE];
        List<Integer> all = new ArrayList<>();
        float maximum = loops.maximum(from(x, 3), n);
        add(all, maximum, loops.maximum(from(x, 3), 0));
        y = from(x, 3);
        loops.exponentials(y, n, 4, 0.7f);
        add(all, y);
        y = from(x, 3);
        loops.powers(y, n, 20, 0.7f);
        if (!extremes) {
            add(all, y);
        }
        float[] whole = numbers(2, false);
        for (int i = 0; i < SIZE; i++) {
            whole[i] = Math.min(Math.abs(whole[i]) * 4000, 65535);
        }
        add(all, loops.digits(whole, n, digits, 5, SIZE, sums));
        add(all, loops.integers(numbers(3, false), 16, n, 7, bytes, 3, sums));
        for (int i = 0; i < SIZE; i++) {
            add(all, bytes[i], digits[i], digits[SIZE + i]);
        }
        loops.integers(numbers(3, false), 16, n, numbers(4, false), numbers(5, false), bytes, 3);
        loops.columnSums(x, 32, 20, 32, y);
        add(all, y);
        loops.columnLargest(x, 32, 20, 32, numbers(6, false), y);
        add(all, y);
        loops.combine(numbers(7, extremes), 2, 7, n, 0.3f, x, 3, 16, y, 0);
        add(all, y);
        add(all, loops.sum(y, n, sums));
        for (int i = 0; i < SIZE; i++) {
            add(all, bytes[i]);
        }
        return all;
    }

    private static float[] from(float[] x, int first) {
        return Arrays.copyOfRange(x, first, first + SIZE);
    }

    private static void add(List<Integer> all, float... numbers) {
        for (float number : numbers) {
            all.add(Float.floatToIntBits(number));
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
    void powersAreWithinFourMillionths() {
        float[] x = new float[SIZE];
        float[] found = new float[SIZE];
        for (float first = 0; first > -60; first -= 1) {
            for (int i = 0; i < SIZE; i++) {
                x[i] = first - (float) i / SIZE;
            }
            System.arraycopy(x, 0, found, 0, SIZE);
            plain.powers(found, SIZE, 0, 1);
            for (int i = 0; i < SIZE; i++) {
                double expected = Math.pow(2, 17 + x[i] - 1.001);
                assertThat(Math.abs(found[i] - expected) / expected).isLessThan(4e-6 + 60 * 0x1p-24);
                assertThat(found[i]).isLessThanOrEqualTo(ScoreLoops.TOP);
            }
        }
    }

    @Test
    void whatIsFarBelowWeighsNothing() {
        float[] x = new float[SIZE];
        Arrays.fill(x, -1e30f);
        x[0] = Float.NEGATIVE_INFINITY;
        x[1] = -Float.MAX_VALUE;
        float[] found = x.clone();
        plain.powers(found, SIZE, 5, 3);
        for (float each : found) {
            assertThat(each).isBetween(0f, 1e-20f);
        }
    }

    @Test
    void digitsAreThoseOfTheRoundedNumber() {
        float[] x = new float[SIZE];
        for (int i = 0; i < SIZE; i++) {
            x[i] = i * 63.017f;
        }
        byte[] to = new byte[2 * SIZE];
        float sum = plain.digits(x, SIZE, to, 0, SIZE, new float[16]);
        long expected = 0;
        for (int i = 0; i < SIZE; i++) {
            int level = (int) Math.rint(x[i]);
            expected += level;
            assertThat(256 * (to[i] & 0xFF) + (to[SIZE + i] & 0xFF)).isEqualTo(level);
        }
        assertThat(sum).isCloseTo(expected, org.assertj.core.data.Percentage.withPercentage(2e-5));
    }

    @Test
    void integersAreRoundedHalfToEven() {
        float[] x = {0.5f, 1.5f, -0.5f, -1.5f, 126.9f, -126.9f, 2.4f, 2.6f, 0, 0, 0, 0, 0, 0, 0, 0};
        byte[] found = new byte[16];
        float sum = plain.integers(x, 0, 16, 1, found, 0, new float[16]);
        assertThat(found).startsWith(0, 2, 0, -2, 127, -127, 2, 3);
        assertThat(sum).isEqualTo(5);
    }
}
