package org.mixdq4j.cpu.vector;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Plain Java, which defines the other's results. */
final class ScalarScores implements ScoreLoops {
    static float get(ByteBuffer x, int at) {
        return x.getFloat(Float.BYTES * at);
    }

    @Override
    public float maximum(ByteBuffer scores, int at, int n) {
        float maximum = Float.NEGATIVE_INFINITY;
        for (int i = at; i < at + n; i++) {
            maximum = Math.max(maximum, get(scores, i));
        }
        return maximum;
    }

    @Override
    public void exponentials(ByteBuffer scores, int at, int n, float maximum, float scale, float[] to) {
        for (int i = 0; i < n; i++) {
            to[i] = Exponential.of((get(scores, at + i) - maximum) * scale);
        }
    }

    @Override
    public float store(float[] x, int n, ByteBuffer to, int at, float[] sums) {
        Arrays.fill(sums, 0, STEP, 0);
        for (int i = 0; i < n; i++) {
            sums[i % STEP] += x[i];
            to.putFloat(Float.BYTES * (at + i), x[i]);
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
    public void powers(ByteBuffer scores, int at, int n, float maximum, float scale, float[] to) {
        for (int i = 0; i < n; i++) {
            to[i] = Powers.of(Math.fma(get(scores, at + i) - maximum, scale, Powers.OFFSET));
        }
    }

    @Override
    public float digits(float[] x, int n, ByteBuffer to, int highAt, int lowAt, float[] sums) {
        Arrays.fill(sums, 0, STEP, 0);
        for (int i = 0; i < n; i++) {
            float rounded = x[i] + Exponential.ROUNDER;
            sums[i % STEP] += rounded - Exponential.ROUNDER;
            int bits = Float.floatToRawIntBits(rounded);
            to.put(highAt + i, (byte) (bits >>> 8));
            to.put(lowAt + i, (byte) bits);
        }
        return total(sums);
    }

    @Override
    public void read(ByteBuffer x, int at, int n, float[] to, int toAt) {
        copy(x, at, n, to, toAt);
    }

    static void copy(ByteBuffer x, int at, int n, float[] to, int toAt) {
        for (int i = 0; i < n; i++) {
            to[toAt + i] = get(x, at + i);
        }
    }

    @Override
    public float largest(float[] x, int at, int n) {
        int bits = 0;
        for (int i = at; i < at + n; i++) {
            bits = Math.max(bits, Float.floatToRawIntBits(x[i]) & ScalarLoops.MAGNITUDE);
        }
        return Float.intBitsToFloat(bits);
    }

    @Override
    public void scale(ByteBuffer x, int at, int n, float factor) {
        scaleAll(x, at, n, factor);
    }

    static void scaleAll(ByteBuffer x, int at, int n, float factor) {
        for (int i = at; i < at + n; i++) {
            x.putFloat(Float.BYTES * i, get(x, i) * factor);
        }
    }

    @Override
    public void combine(
            ByteBuffer digits,
            int highAt,
            int lowAt,
            int n,
            float factor,
            float[] columns,
            int scaleAt,
            int shiftAt,
            ByteBuffer to,
            int toAt) {
        combine(digits, highAt, lowAt, 0, n, factor, columns, scaleAt, shiftAt, to, toAt);
    }

    /** From a column on. */
    static void combine(
            ByteBuffer digits,
            int highAt,
            int lowAt,
            int from,
            int n,
            float factor,
            float[] columns,
            int scaleAt,
            int shiftAt,
            ByteBuffer to,
            int toAt) {
        for (int i = from; i < n; i++) {
            float sum = Math.fma(get(digits, highAt + i), 256f, get(digits, lowAt + i));
            to.putFloat(Float.BYTES * (toAt + i), sum * factor * columns[scaleAt + i] + columns[shiftAt + i]);
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
