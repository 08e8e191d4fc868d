package org.mixdq4j.cpu.vector;

/**
 * Inner loops of attention, beside those of {@link Loops}. All implementations give the same bits: sums of many floats are
 * made in 16 partial sums, element i to sum i mod 16, which are then added in pairs; sums of integers are exact.
 *
 * <p>{@code n} is a multiple of {@link #STEP}. A loop does not exceed what the compiler inlines: vectors become objects where it
 * stops. Arrays alone, no buffers: vectors of these are read another way by each of Java 17's successors.
 */
public interface ScoreLoops {
    /** What rows are filled up to. */
    int STEP = 16;

    /** What {@link #powers} gives the largest score, about. */
    float TOP = 65491;

    /** Finds each row's maximum: NaN if one is NaN, negative infinity of nothing. */
    void maxima(ScoreRows rows);

    /** As {@link #maxima}, sooner, where none is NaN: of one that is, any number comes. */
    void peaks(ScoreRows rows);

    /**
     * {@code x = 2^((x - maximum) * factor)} times at most {@link #TOP}, to a 3,000,000th of each, and their sums.
     * Factors are not negative. What is not a number becomes some number: it shows in the maximum.
     */
    void powers(ScoreRows rows);

    /** {@code x = x * factor}. */
    void scale(ScoreRows rows);

    /**
     * Rounds what {@link #powers} would give to integers of two bytes each, which is all that is kept, and their sums.
     *
     * @param high where the high bytes of all rows go; likewise {@code low}
     * @param stride of these bytes, from one row to the next
     */
    void digits(ScoreRows rows, byte[] high, byte[] low, int stride);

    /**
     * {@code x = (256 * x + low) * factor * scale + shift}, row after row without gaps.
     *
     * @param columns where {@code scale} and {@code shift} are
     */
    void combine(ScoreRows rows, float[] low, float[] columns, int scaleAt, int shiftAt);

    /**
     * Finds each row's largest {@code |x - shift|}: NaN if one is.
     *
     * @param shift one a column of so many rows one after the other, then again from the first on
     */
    void magnitudes(ScoreRows rows, float[] shift, int period);

    /**
     * {@code out = rint((x - shift) * factor) + middle}, which fits a byte, and the sums of what {@code middle} is added to.
     *
     * @param shift one a column of so many rows, as above
     * @param out one row after the other
     */
    void integers(ScoreRows rows, float[] shift, int period, int middle, byte[] out);

    /** {@code out = rint((x - shift) * inverse)}, which fits a byte. @param inverse one a column */
    void integers(ScoreRows rows, float[] shift, float[] inverse, byte[] out);

    /** Adds the rows to each column's sum, in their order. */
    void columnSums(ScoreRows rows, float[] sums);

    /** Each column's largest {@code |x - shift|} over the rows and what {@code largest} held; NaN if one is. */
    void columnLargest(ScoreRows rows, float[] shift, float[] largest);
}
