package org.mixdq4j.cpu.vector;

import java.util.Arrays;

/** Plain Java, which defines the other's results. */
final class ScalarScores implements ScoreLoops {
    @Override
    public float maximum(float[] scores, int n) {
        float maximum = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            maximum = Math.max(maximum, scores[i]);
        }
        return maximum;
    }

    @Override
    public void exponentials(float[] x, int n, float maximum, float scale) {
        for (int i = 0; i < n; i++) {
            x[i] = Exponential.of((x[i] - maximum) * scale);
        }
    }

    @Override
    public float sum(float[] x, int n, float[] sums) {
        Arrays.fill(sums, 0, STEP, 0);
        for (int i = 0; i < n; i++) {
            sums[i % STEP] += x[i];
        }
        return total(sums);
    }

    /** Overwrites {@code sums}. */
    static float total(float[] sums) {
        for (int half = STEP / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                sums[i] += sums[half + i];
            }
        }
        return sums[0];
    }

    @Override
    public void powers(float[] x, int n, float maximum, float scale) {
        for (int i = 0; i < n; i++) {
            x[i] = Powers.of(Math.fma(x[i] - maximum, scale, Powers.OFFSET));
        }
    }

    @Override
    public float digits(float[] x, int n, byte[] to, int highAt, int lowAt, float[] sums) {
        Arrays.fill(sums, 0, STEP, 0);
        for (int i = 0; i < n; i++) {
            float rounded = x[i] + Exponential.ROUNDER;
            sums[i % STEP] += rounded - Exponential.ROUNDER;
            int bits = Float.floatToRawIntBits(rounded);
            to[highAt + i] = (byte) (bits >>> 8);
            to[lowAt + i] = (byte) bits;
        }
        return total(sums);
    }

    @Override
    public void combine(
            float[] digits,
            int highAt,
            int lowAt,
            int n,
            float factor,
            float[] columns,
            int scaleAt,
            int shiftAt,
            float[] to,
            int toAt) {
        for (int i = 0; i < n; i++) {
            float sum = Math.fma(digits[highAt + i], 256f, digits[lowAt + i]);
            to[toAt + i] = sum * factor * columns[scaleAt + i] + columns[shiftAt + i];
        }
    }

    @Override
    public float integers(float[] x, int at, int n, float inverse, byte[] out, int to, float[] sums) {
        Arrays.fill(sums, 0, STEP, 0);
        for (int i = 0; i < n; i++) {
            float rounded = x[at + i] * inverse + Exponential.ROUNDER;
            sums[i % STEP] += rounded - Exponential.ROUNDER;
            out[to + i] = (byte) Float.floatToRawIntBits(rounded);
        }
        return total(sums);
    }

    @Override
    public void integers(float[] x, int at, int n, float[] shift, float[] inverse, byte[] out, int to) {
        for (int i = 0; i < n; i++) {
            float rounded = (x[at + i] - shift[i]) * inverse[i] + Exponential.ROUNDER;
            out[to + i] = (byte) Float.floatToRawIntBits(rounded);
        }
    }

    @Override
    public void columnSums(float[] x, int stride, int rows, int n, float[] sums) {
        Arrays.fill(sums, 0, n, 0);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < n; i++) {
                sums[i] += x[row * stride + i];
            }
        }
    }

    @Override
    public void columnLargest(float[] x, int stride, int rows, int n, float[] shift, float[] largest) {
        for (int i = 0; i < n; i++) {
            int bits = 0;
            for (int row = 0; row < rows; row++) {
                float d = x[row * stride + i] - shift[i];
                bits = Math.max(bits, Float.floatToRawIntBits(d) & ScalarLoops.MAGNITUDE);
            }
            largest[i] = Float.intBitsToFloat(bits);
        }
    }
}
