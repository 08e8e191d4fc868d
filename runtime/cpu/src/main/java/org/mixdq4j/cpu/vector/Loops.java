package org.mixdq4j.cpu.vector;

/**
 * Inner loops over floats in Java arrays. Two implementations, which give the same bits: {@link ScalarLoops} and, with the
 * Vector API, {@link VectorLoops}. Multiply-adds in
 * one rounding are used inside of functions, nowhere else.
 *
 * <p>Loops without a sum may work on up to {@link #PADDING} - 1 elements after the {@code n} named: arrays have room for
 * them, and what is in them does not matter. Operands named without an offset start at 0.
 */
public interface Loops {
    /** Rows in scratch memory begin at multiples of this many elements. */
    int PADDING = 16;

    /** The fastest on this machine. */
    static Loops best() {
        return Chosen.BEST;
    }

    /** Those of attention, of the same kind. */
    ScoreLoops scores();

    /** {@code x = (x - shift) * factor + add}, element by element. */
    void affine(float[] x, int at, int n, float[] shift, float[] factor, float[] add);

    /** {@code x = (x - mean) * factor}. */
    void standardize(float[] x, int at, int n, float mean, float factor);

    /** {@code x = (x - mean) * factor * weight + bias}. */
    void standardize(float[] x, int at, int n, float mean, float factor, float[] weight, float[] bias);

    /** {@code x = x * factor * weight}. */
    void multiply(float[] x, int at, int n, float factor, float[] weight);

    /** {@code x = x + y}. */
    void add(float[] x, int at, int n, float[] y, int from);

    /** {@code to = x * y}; {@code to} may be {@code x}. */
    void multiply(float[] x, int at, int n, float[] y, int from, float[] to, int toAt);

    /**
     * Rotates exactly {@code n} elements in runs of {@code size}, to the bit as {@link org.mixdq4j.core.quant.Rotation}.
     *
     * @param to may be {@code x}
     */
    void rotate(float[] x, int at, int n, int size, float[] to, int toAt);

    /** {@code x = x + x * scale + shift}, of which both lie in {@code operands}. */
    void modulate(float[] x, int at, int n, float[] operands, int scaleAt, int shiftAt);

    /** {@code x * sigmoid(slope * x)}; {@link Exponential#MAX} bounds what is distinguished. */
    void sigmoidProduct(float[] x, int at, int n, float slope);

    /** {@code x * Phi(x)} to 2e-7, absolutely, or to 2 units in the last place. */
    void gelu(float[] x, int at, int n);

    /** The tanh approximation of GELU. */
    void geluTanh(float[] x, int at, int n);

    /** {@code max(0, x)}; NaN stays. */
    void relu(float[] x, int at, int n);

    /** {@code x = x * gelu(gate)}. */
    void geGlu(float[] x, int at, int n, float[] gate, int from);

    /** Exactly {@code n} elements. @param lanes scratch of 64 */
    float sum(float[] x, int at, int n, float[] lanes);

    /** The sum of {@code (x - mean)^2} of exactly {@code n} elements. @param lanes scratch of 64 */
    float squares(float[] x, int at, int n, float mean, float[] lanes);

    /** Exactly {@code n} elements: the largest magnitude, NaN if one is NaN. */
    float largest(float[] x, int at, int n);

    /** {@code x = x * factor}. */
    void scale(float[] x, int at, int n, float factor);

    /**
     * Adds to each column's sum the rows' {@code d = x - shift}, and to its square sum the {@code d * d}.
     *
     * @param stride elements from one row to the next
     * @param state shifts, then from {@code stride} on sums, then from {@code 2 * stride} on square sums
     */
    void accumulate(float[] x, int stride, int rows, int n, float[] state);

    /**
     * {@code clamp(rint(x * inverse + zeroPoint), 0, maxLevel)}, NaN to 0, as {@link org.mixdq4j.core.quant.AffineParams}.
     */
    void levels(float[] x, int at, int n, float inverse, int zeroPoint, int maxLevel, byte[] out, int to);

    /** bfloat16 to floats. */
    void widen(short[] x, int at, int n, float[] out, int to);

    /** Floats to bfloat16, half to even. */
    void narrow(float[] x, int at, int n, short[] out, int to);

    /** Chooses once. */
    final class Chosen {
        static final Loops BEST = choose();

        private Chosen() {}

        private static Loops choose() {
            boolean present =
                    ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
            return present && VectorLoops.supported() ? new VectorLoops() : new ScalarLoops();
        }
    }
}
