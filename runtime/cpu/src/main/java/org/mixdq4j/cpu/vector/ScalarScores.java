package org.mixdq4j.cpu.vector;

import java.util.Arrays;

/** Plain Java, which defines the other's results. */
final class ScalarScores implements ScoreLoops {
    @Override
    public void maxima(ScoreRows rows) {
        for (int row = 0; row < rows.rows; row++) {
            float maximum = Float.NEGATIVE_INFINITY;
            for (int i = 0; i < rows.n; i++) {
                maximum = Math.max(maximum, rows.x[row * rows.stride + i]);
            }
            rows.maxima[row] = maximum;
        }
    }

    @Override
    public void powers(ScoreRows rows) {
        for (int row = 0; row < rows.rows; row++) {
            Arrays.fill(rows.lanes, 0);
            for (int i = 0; i < rows.n; i++) {
                int at = row * rows.stride + i;
                rows.x[at] = power(rows, row, i);
                rows.lanes[i % STEP] += rows.x[at];
            }
            rows.sums[row] = total(rows.lanes);
        }
    }

    private static float power(ScoreRows rows, int row, int i) {
        float x = rows.x[row * rows.stride + i] - rows.maxima[row];
        return Powers.of(Math.fma(x, rows.factors[row], Powers.OFFSET));
    }

    @Override
    public void scale(ScoreRows rows) {
        for (int row = 0; row < rows.rows; row++) {
            for (int i = 0; i < rows.n; i++) {
                rows.x[row * rows.stride + i] *= rows.factors[row];
            }
        }
    }

    @Override
    public void digits(ScoreRows rows, byte[] high, byte[] low, int stride) {
        for (int row = 0; row < rows.rows; row++) {
            Arrays.fill(rows.lanes, 0);
            for (int i = 0; i < rows.n; i++) {
                float rounded = power(rows, row, i) + Exponential.ROUNDER;
                rows.lanes[i % STEP] += rounded - Exponential.ROUNDER;
                int bits = Float.floatToRawIntBits(rounded);
                high[row * stride + i] = (byte) (bits >>> 8);
                low[row * stride + i] = (byte) bits;
            }
            rows.sums[row] = total(rows.lanes);
        }
    }

    /** Of 16, in pairs: those 8 apart, then 4, 2 and 1. */
    static float total(float[] x) {
        float a = x[0] + x[8] + (x[4] + x[12]);
        float b = x[1] + x[9] + (x[5] + x[13]);
        float c = x[2] + x[10] + (x[6] + x[14]);
        float d = x[3] + x[11] + (x[7] + x[15]);
        return a + c + (b + d);
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
