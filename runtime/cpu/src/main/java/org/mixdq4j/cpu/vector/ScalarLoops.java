package org.mixdq4j.cpu.vector;

import java.util.Arrays;
import org.mixdq4j.core.quant.Rotation;

/** Plain Java: for machines and JVMs without the Vector API, and what defines the other's results. */
public final class ScalarLoops implements Loops {
    static final int MAGNITUDE = 0x7FFFFFFF;
    static final int SIGN = 0x80000000;
    static final int INFINITY = 0x7F800000;
    /**
     * Added to the bits of a float, it makes NaNs of either sign less than the bits of 0 have become, and keeps all others in
     * order where they are compared as signed integers with numbers that are not negative.
     */
    static final int NAN_WRAP = 0x007FFFFF;

    static final float TANH_STRETCH = (float) (2 * Math.sqrt(2 / Math.PI));
    static final float TANH_CUBIC = 0.044715f;

    @Override
    public ScoreLoops scores() {
        return new ScalarScores();
    }

    @Override
    public void affine(float[] x, int at, int n, float[] shift, float[] factor, float[] add) {
        for (int i = 0; i < n; i++) {
            x[at + i] = (x[at + i] - shift[i]) * factor[i] + add[i];
        }
    }

    @Override
    public void standardize(float[] x, int at, int n, float mean, float factor) {
        for (int i = at; i < at + n; i++) {
            x[i] = (x[i] - mean) * factor;
        }
    }

    @Override
    public void standardize(float[] x, int at, int n, float mean, float factor, float[] weight, float[] bias) {
        for (int i = 0; i < n; i++) {
            x[at + i] = (x[at + i] - mean) * factor * weight[i] + bias[i];
        }
    }

    @Override
    public void multiply(float[] x, int at, int n, float factor, float[] weight) {
        for (int i = 0; i < n; i++) {
            x[at + i] = x[at + i] * factor * weight[i];
        }
    }

    @Override
    public void add(float[] x, int at, int n, float[] y, int from) {
        for (int i = 0; i < n; i++) {
            x[at + i] += y[from + i];
        }
    }

    @Override
    public void multiply(float[] x, int at, int n, float[] y, int from, float[] to, int toAt) {
        for (int i = 0; i < n; i++) {
            to[toAt + i] = x[at + i] * y[from + i];
        }
    }

    @Override
    public void rotate(float[] x, int at, int n, int size, float[] to, int toAt) {
        System.arraycopy(x, at, to, toAt, n);
        Rotation.apply(to, toAt, toAt + n, size);
    }

    @Override
    public void modulate(float[] x, int at, int n, float[] operands, int scaleAt, int shiftAt) {
        for (int i = 0; i < n; i++) {
            x[at + i] = x[at + i] + x[at + i] * operands[scaleAt + i] + operands[shiftAt + i];
        }
    }

    @Override
    public void sigmoidProduct(float[] x, int at, int n, float slope) {
        for (int i = at; i < at + n; i++) {
            x[i] = x[i] / (Exponential.of(x[i] * -slope) + 1f);
        }
    }

    @Override
    public void gelu(float[] x, int at, int n) {
        for (int i = at; i < at + n; i++) {
            x[i] = gelu(x[i]);
        }
    }

    private static float gelu(float x) {
        int bits = Float.floatToRawIntBits(x) | SIGN;
        // The first product is max(0, x), or NaN.
        return Math.fma(x - Float.intBitsToFloat(bits), 0.5f, NormalTail.product(bits));
    }

    @Override
    public void geluTanh(float[] x, int at, int n) {
        for (int i = at; i < at + n; i++) {
            float inner = (x[i] * x[i] * TANH_CUBIC + 1f) * (x[i] * TANH_STRETCH);
            x[i] = x[i] / (Exponential.of(-inner) + 1f);
        }
    }

    @Override
    public void relu(float[] x, int at, int n) {
        for (int i = at; i < at + n; i++) {
            x[i] = x[i] < 0 ? 0 : x[i];
        }
    }

    @Override
    public void geGlu(float[] x, int at, int n, float[] gate, int from) {
        for (int i = 0; i < n; i++) {
            x[at + i] *= gelu(gate[from + i]);
        }
    }

    @Override
    public float sum(float[] x, int at, int n, float[] lanes) {
        Arrays.fill(lanes, 0, Lanes.COUNT, 0);
        for (int from = 0; from < n; from += Lanes.COUNT) {
            int count = Math.min(Lanes.COUNT, n - from);
            for (int i = 0; i < count; i++) {
                lanes[i] += x[at + from + i];
            }
        }
        return Lanes.total(lanes);
    }

    @Override
    public float squares(float[] x, int at, int n, float mean, float[] lanes) {
        Arrays.fill(lanes, 0, Lanes.COUNT, 0);
        for (int from = 0; from < n; from += Lanes.COUNT) {
            int count = Math.min(Lanes.COUNT, n - from);
            for (int i = 0; i < count; i++) {
                float d = x[at + from + i] - mean;
                lanes[i] += d * d;
            }
        }
        return Lanes.total(lanes);
    }

    @Override
    public float largest(float[] x, int at, int n) {
        // Bits of magnitudes are in the order of the magnitudes, NaN above infinity.
        int bits = 0;
        for (int i = at; i < at + n; i++) {
            bits = Math.max(bits, Float.floatToRawIntBits(x[i]) & MAGNITUDE);
        }
        return Float.intBitsToFloat(bits);
    }

    @Override
    public void scale(float[] x, int at, int n, float factor) {
        for (int i = at; i < at + n; i++) {
            x[i] *= factor;
        }
    }

    @Override
    public void accumulate(float[] x, int stride, int rows, int n, float[] state) {
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < n; i++) {
                float d = x[r * stride + i] - state[i];
                state[stride + i] += d;
                state[2 * stride + i] += d * d;
            }
        }
    }

    @Override
    public void levels(float[] x, int at, int n, float inverse, int zeroPoint, int maxLevel, byte[] out, int to) {
        int top = Float.floatToRawIntBits((float) maxLevel) + NAN_WRAP;
        for (int i = 0; i < n; i++) {
            int wrapped = Float.floatToRawIntBits(x[at + i] * inverse + zeroPoint) + NAN_WRAP;
            int bits = Math.min(Math.max(wrapped, NAN_WRAP), top) - NAN_WRAP;
            out[to + i] = (byte) Float.floatToRawIntBits(Float.intBitsToFloat(bits) + Exponential.ROUNDER);
        }
    }

    @Override
    public void widen(short[] x, int at, int n, float[] out, int to) {
        for (int i = 0; i < n; i++) {
            out[to + i] = Float.intBitsToFloat(x[at + i] << 16);
        }
    }

    @Override
    public void narrow(float[] x, int at, int n, short[] out, int to) {
        for (int i = 0; i < n; i++) {
            int bits = Float.floatToRawIntBits(x[at + i]);
            int rounded = bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
            out[to + i] = (short) ((bits & MAGNITUDE) > INFINITY ? bits >>> 16 | 0x40 : rounded);
        }
    }
}
