package org.mixdq4j.cpu.vector;

import java.nio.ByteBuffer;

/**
 * Inner loops of attention: over rows of scores in native memory, which is direct and little-endian. All implementations
 * give the same bits: sums of many are made in 16 partial sums, element i to sum i mod 16, which are then added in pairs.
 *
 * <p>Offsets {@code at} count elements of 4 bytes, of levels bytes. Where {@code n} must be whole, it is a multiple of
 * {@link #STEP}. A loop does not exceed what the compiler inlines: vectors become objects where it stops.
 */
public interface ScoreLoops {
    /** What rows are filled up to. */
    int STEP = 16;

    /** What {@link #powers} gives the largest score, about. */
    float TOP = 65491;

    /** The largest, NaN if one is NaN. {@code n} is whole. */
    float maximum(ByteBuffer scores, int at, int n);

    /** {@code to = exp((score - maximum) * scale)}, {@code scale} positive; as {@link Exponential#of}. {@code n} is whole. */
    void exponentials(ByteBuffer scores, int at, int n, float maximum, float scale, float[] to);

    /** Stores {@code x} and returns its sum. {@code n} is whole. @param sums scratch of 16 */
    float store(float[] x, int n, ByteBuffer to, int at, float[] sums);

    /**
     * {@code to = 2^((score - maximum) * scale)} times at most {@link #TOP}, to a 100,000th of each. {@code n} is whole.
     *
     * @param scale not negative
     */
    void powers(ByteBuffer scores, int at, int n, float maximum, float scale, float[] to);

    /**
     * Rounds numbers from 0 to 65535 to integers of two bytes each.
     *
     * @param highAt where the rows' high bytes go; likewise the low ones
     * @param sums scratch of 16
     * @return the integers' sum. {@code n} is whole
     */
    float digits(float[] x, int n, ByteBuffer to, int highAt, int lowAt, float[] sums);

    /** Copies exactly {@code n}. */
    void read(ByteBuffer x, int at, int n, float[] to, int toAt);

    /** The largest magnitude, NaN if one is NaN. {@code n} is whole. */
    float largest(float[] x, int at, int n);

    /** {@code x = x * factor}, exactly {@code n}. */
    void scale(ByteBuffer x, int at, int n, float factor);

    /**
     * {@code to = (256 * high + low) * factor * scale + shift}, exactly {@code n}.
     *
     * @param digits where {@code high} and {@code low} are
     * @param columns where {@code scale} and {@code shift} are
     */
    void combine(
            ByteBuffer digits,
            int highAt,
            int lowAt,
            int n,
            float factor,
            float[] columns,
            int scaleAt,
            int shiftAt,
            ByteBuffer to,
            int toAt);

    /** {@code out = rint(x * inverse)}, which fit a byte. {@code n} is whole. @param sums scratch of 16. @return their sum */
    float integers(float[] x, int at, int n, float inverse, byte[] out, int to, float[] sums);

    /** The same with {@code (x - shift) * inverse} column by column. {@code n} is whole. */
    void integers(float[] x, int at, int n, float[] shift, float[] inverse, byte[] out, int to);

    /** Each column's sum over the rows, in their order. {@code n} is whole. */
    void columnSums(float[] x, int stride, int rows, int n, float[] sums);

    /** Each column's largest {@code |x - shift|} over the rows; NaN if one is. {@code n} is whole. */
    void columnLargest(float[] x, int stride, int rows, int n, float[] shift, float[] largest);
}
