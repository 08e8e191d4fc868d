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
    public void peaks(ScoreRows rows) {
        for (int row = 0; row < rows.rows; row++) {
            int most = Integer.MIN_VALUE;
            int least = Integer.MAX_VALUE;
            for (int i = 0; i < rows.n; i++) {
                int bits = Float.floatToRawIntBits(rows.x[row * rows.stride + i]);
                most = Math.max(most, bits);
                least = Math.min(least, bits);
            }
            rows.maxima[row] = peak(most, least, rows.n);
        }
    }

    /** Bits of floats are in the floats' order above 0, and the other way round below: then the least is chosen, without a branch. */
    static float peak(int most, int least, int n) {
        int bits = most ^ (most ^ least) & most >> 31;
        return n == 0 ? Float.NEGATIVE_INFINITY : Float.intBitsToFloat(bits);
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
            int sum = 0;
            for (int i = 0; i < rows.n; i++) {
                int bits = Float.floatToRawIntBits(power(rows, row, i) + Exponential.ROUNDER);
                sum += bits;
                high[row * stride + i] = (byte) (bits >>> 8);
                low[row * stride + i] = (byte) bits;
            }
            rows.sums[row] = integers(sum, rows.n);
        }
    }

    /** The sum of up to 65536 integers below 65536, of that of the bits of floats that were rounded to them. */
    static float integers(int bits, int n) {
        return Integer.toUnsignedLong(bits - n * Float.floatToRawIntBits(Exponential.ROUNDER));
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
    public void combine(ScoreRows rows, float[] low, float[] columns, int scaleAt, int shiftAt) {
        for (int row = 0; row < rows.rows; row++) {
            for (int i = 0; i < rows.n; i++) {
                int at = row * rows.stride + i;
                float sum = Math.fma(rows.x[at], 256f, low[at]);
                rows.x[at] = sum * rows.factors[row] * columns[scaleAt + i] + columns[shiftAt + i];
            }
        }
    }

    @Override
    public void magnitudes(ScoreRows rows, float[] shift, int period) {
        for (int row = 0; row < rows.rows; row++) {
            int bits = 0;
            for (int i = 0; i < rows.n; i++) {
                bits = Math.max(bits, magnitude(rows, row, i, shift[row % period * rows.n + i]));
            }
            rows.maxima[row] = Float.intBitsToFloat(bits);
        }
    }

    private static int magnitude(ScoreRows rows, int row, int i, float shift) {
        return Float.floatToRawIntBits(rows.x[row * rows.stride + i] - shift) & ScalarLoops.MAGNITUDE;
    }

    @Override
    public void integers(ScoreRows rows, float[] shift, int period, int middle, byte[] out) {
        float rounder = Exponential.ROUNDER + middle;
        for (int row = 0; row < rows.rows; row++) {
            int sum = 0;
            for (int i = 0; i < rows.n; i++) {
                float x = rows.x[row * rows.stride + i] - shift[row % period * rows.n + i];
                int bits = Float.floatToRawIntBits(x * rows.factors[row] + rounder);
                sum += bits - Float.floatToRawIntBits(rounder);
                out[row * rows.n + i] = (byte) bits;
            }
            rows.sums[row] = sum;
        }
    }

    @Override
    public void integers(ScoreRows rows, float[] shift, float[] inverse, byte[] out) {
        for (int row = 0; row < rows.rows; row++) {
            for (int i = 0; i < rows.n; i++) {
                float rounded = (rows.x[row * rows.stride + i] - shift[i]) * inverse[i] + Exponential.ROUNDER;
                out[row * rows.n + i] = (byte) Float.floatToRawIntBits(rounded);
            }
        }
    }

    @Override
    public void columnSums(ScoreRows rows, float[] sums) {
        for (int row = 0; row < rows.rows; row++) {
            for (int i = 0; i < rows.n; i++) {
                sums[i] += rows.x[row * rows.stride + i];
            }
        }
    }

    @Override
    public void columnLargest(ScoreRows rows, float[] shift, float[] largest) {
        for (int i = 0; i < rows.n; i++) {
            int bits = Float.floatToRawIntBits(largest[i]);
            for (int row = 0; row < rows.rows; row++) {
                bits = Math.max(bits, magnitude(rows, row, i, shift[i]));
            }
            largest[i] = Float.intBitsToFloat(bits);
        }
    }
}
