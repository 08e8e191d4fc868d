package org.mixdq4j.cpu.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.quant.AffineParams;

/** Loops of the Vector API against those of plain Java, bit for bit, and these against their definitions. */
class LoopsTest {
    private static final int SIZE = 1009;
    private static final int ROOM = 1040;
    private static final float[] EXTREMES = {
        0f,
        -0f,
        Float.NaN,
        Float.intBitsToFloat(0xFFC00000),
        Float.intBitsToFloat(0x7F800001),
        Float.intBitsToFloat(-1),
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Float.MIN_VALUE,
        -1e-40f,
        87f,
        -87f,
        88.5f,
        -200f,
        0.5f,
        1.5f,
        2.5f,
        -0.5f,
        126.5f,
        127.5f,
        1e9f
    };

    private final Loops plain = new ScalarLoops();

    @Test
    void theChosenLoopsAreThoseOfTheVectorApiWhereItIs() {
        assertThat(Loops.best()).isInstanceOf(VectorLoops.supported() ? VectorLoops.class : ScalarLoops.class);
    }

    @Test
    void vectorsGiveTheSameBits() {
        if (!VectorLoops.supported()) {
            return;
        }
        Loops vectors = new VectorLoops();
        for (int n : new int[] {1, 7, 16, 63, 64, 65, 130, SIZE}) {
            List<float[]> expected = results(plain, n);
            List<float[]> found = results(vectors, n);
            for (int i = 0; i < expected.size(); i++) {
                assertThat(bits(found.get(i))).as("result %s of %s", i, n).isEqualTo(bits(expected.get(i)));
            }
        }
    }

    /** NaNs may differ in their payload. */
    private static int[] bits(float[] x) {
        int[] bits = new int[x.length];
        for (int i = 0; i < x.length; i++) {
            bits[i] = Float.floatToIntBits(x[i]);
        }
        return bits;
    }

    /** Of every loop, the first {@code n} elements. */
    private static List<float[]> results(Loops loops, int n) {
        List<float[]> all = new ArrayList<>();
        float[] y = numbers(2, false);
        float[] z = numbers(3, false);
        float[] lanes = new float[Lanes.COUNT];
        for (boolean extremes : new boolean[] {false, true}) {
            float[] x = numbers(1, extremes);
            all.add(on(x, n, v -> loops.affine(v, 16, n, y, z, y)));
            all.add(on(x, n, v -> loops.standardize(v, 16, n, 0.3f, 1.7f)));
            all.add(on(x, n, v -> loops.standardize(v, 16, n, 0.3f, 1.7f, y, z)));
            all.add(on(x, n, v -> loops.multiply(v, 16, n, 0.3f, y)));
            all.add(on(x, n, v -> loops.add(v, 16, n, y, 3)));
            all.add(on(x, n, v -> loops.multiply(v, 16, n, y, 3, v, 16)));
            all.add(on(x, n, v -> loops.modulate(v, 16, n, y, 3, 5)));
            all.add(on(x, n, v -> loops.sigmoidProduct(v, 16, n, 1f)));
            all.add(on(x, n, v -> loops.sigmoidProduct(v, 16, n, 1.702f)));
            all.add(on(x, n, v -> loops.gelu(v, 16, n)));
            all.add(on(x, n, v -> loops.geluTanh(v, 16, n)));
            all.add(on(x, n, v -> loops.relu(v, 16, n)));
            all.add(on(x, n, v -> loops.geGlu(v, 16, n, y, 3)));
            all.add(on(x, n, v -> loops.scale(v, 16, n, 0.7f)));
            for (int size : new int[] {4, 16, 64, 256, 1024}) {
                int whole = n / size * size;
                float[] rotated = numbers(4, false);
                loops.rotate(x, 16, whole, size, rotated, 3);
                all.add(Arrays.copyOf(rotated, whole + 3));
                all.add(on(x, n, v -> loops.rotate(v, 16, whole, size, v, 16)));
            }
            all.add(new float[] {loops.sum(x, 16, n, lanes), loops.squares(x, 16, n, 0.2f, lanes)});
            all.add(new float[] {loops.largest(x, 16, n)});
            byte[] levels = new byte[ROOM];
            loops.levels(x, 16, n, 20.7f, 117, 255, levels, 1);
            short[] shorts = new short[ROOM];
            loops.narrow(x, 16, n, shorts, 1);
            float[] integers = new float[2 * n];
            float[] wide = new float[ROOM];
            loops.widen(shorts, 1, n, wide, 2);
            for (int i = 0; i < n; i++) {
                integers[i] = levels[i + 1];
                integers[n + i] = wide[i + 2];
            }
            all.add(integers);
            float[] state = new float[3 * 208];
            System.arraycopy(y, 0, state, 0, 208);
            int columns = Math.min(n, 200);
            loops.accumulate(x, 208, 4, columns, state);
            all.add(on(state, columns, 208 - 16, v -> {}));
            all.add(on(state, columns, 416 - 16, v -> {}));
        }
        return all;
    }

    private interface Change {
        void on(float[] x);
    }

    private static float[] on(float[] x, int n, Change change) {
        return on(x, n, 0, change);
    }

    private static float[] on(float[] x, int n, int from, Change change) {
        float[] copy = x.clone();
        change.on(copy);
        float[] result = new float[n];
        System.arraycopy(copy, from + 16, result, 0, n);
        return result;
    }

    private static float[] numbers(long seed, boolean extremes) {
        Random random = new Random(seed);
        float[] x = new float[ROOM];
        for (int i = 0; i < ROOM; i++) {
            boolean extreme = extremes && i >= 16 && i % 3 == 0;
            x[i] = extreme ? EXTREMES[i / 3 % EXTREMES.length] : (float) random.nextGaussian() * 4;
        }
        return x;
    }

    @Test
    void exponentialsAreWithinTwoUnitsInTheLastPlace() {
        double worst = 0;
        for (float x = -87f; x <= 87f; x += 0.000977f) {
            double exact = Math.exp(x);
            worst = Math.max(worst, Math.abs(Exponential.of(x) - exact) / Math.ulp((float) exact));
        }
        assertThat(worst).isLessThan(2);
    }

    @Test
    void functionsAreWhatTheyAreCalled() {
        check(x -> x / (1 + Math.exp(-x)), (v, n) -> plain.sigmoidProduct(v, 0, n, 1f), 1e-7);
        check(x -> x / (1 + Math.exp(-1.702 * x)), (v, n) -> plain.sigmoidProduct(v, 0, n, 1.702f), 1e-7);
        check(x -> x * normal(x), (v, n) -> plain.gelu(v, 0, n), 1.5e-7);
        check(
                x -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
                (v, n) -> plain.geluTanh(v, 0, n),
                1e-7);
    }

    /** Phi(x) by its series, which converges for all x looked at. */
    private static double normal(double x) {
        if (Math.abs(x) > 6) {
            return x > 0 ? 1 : 0;
        }
        double term = x;
        double sum = x;
        for (int k = 1; k < 200; k++) {
            term *= x * x / (2 * k + 1);
            sum += term;
        }
        return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    private interface Loop {
        void on(float[] x, int n);
    }

    private static void check(Function<Double, Double> exact, Loop loop, double tolerance) {
        float[] x = new float[24_000];
        for (int i = 0; i < x.length; i++) {
            x[i] = -12 + i * 0.001f;
        }
        float[] y = x.clone();
        loop.on(y, y.length);
        for (int i = 0; i < x.length; i++) {
            double expected = exact.apply((double) x[i]);
            double ulps = 3.0 * Math.ulp((float) expected);
            if (!(Math.abs(y[i] - expected) <= tolerance + ulps)) {
                assertThat((double) y[i]).as("of %s", x[i]).isCloseTo(expected, within(tolerance + ulps));
            }
        }
    }

    @Test
    void levelsAreThoseOfTheDefinition() {
        Random random = new Random(4);
        for (int bits = 2; bits <= 8; bits++) {
            AffineParams params = new AffineParams(0.043f, random.nextInt(1 << bits), bits);
            for (boolean extremes : new boolean[] {false, true}) {
                float[] x = numbers(bits, extremes);
                for (int i = 0; i < 200; i++) {
                    x[i] = (i - 100 + 0.5f) * params.scale();
                }
                byte[] found = new byte[ROOM];
                plain.levels(x, 0, ROOM, params.inverseScale(), params.zeroPoint(), params.maxLevel(), found, 0);
                for (int i = 0; i < ROOM; i++) {
                    assertThat(found[i] & 0xFF).as("of %s", x[i]).isEqualTo(params.quantize(x[i]));
                }
            }
        }
    }
}
