package org.mixdq4j.core.quantize.statistics;

/**
 * Counts of values in equal bins over a range symmetric about zero that doubles when a value falls outside; doubling
 * merges neighbouring bins exactly, so the result does not depend on the order of values.
 */
public final class Histogram {
    /** Number of bins: 0.05 % of the range each. */
    public static final int BINS = 4096;

    private final long[] counts;
    private double limit;

    public Histogram() {
        this(new long[BINS], 0);
    }

    /** @param limit the range is [-limit, limit]; 0 if nothing but zeros was seen */
    public Histogram(long[] counts, double limit) {
        this.counts = counts.clone();
        this.limit = limit;
    }

    /**
     * Makes room for values up to {@code magnitude}.
     *
     * @throws IllegalArgumentException if it is not finite: no range would ever hold it
     */
    public void cover(double magnitude) {
        if (!Double.isFinite(magnitude)) {
            throw new IllegalArgumentException("no range holds " + magnitude);
        }
        if (magnitude > 0 && limit == 0) {
            // A power of two, so that the bins depend on the values only through their largest magnitude.
            limit = Math.scalb(1.0, Math.getExponent(magnitude) + 1);
            long zeros = counts[0];
            counts[0] = 0;
            counts[BINS / 2] += zeros;
        }
        while (limit > 0 && magnitude >= limit) {
            doubleRange();
        }
    }

    /** Counts a value that {@link #cover} made room for. */
    public void add(float value) {
        // The range is a power of two, so the product is exact. Adding the limit first would round a tiny negative
        // value
        // to zero's bin, from which the bin it reaches when the range doubles later differs.
        counts[limit == 0 ? 0 : BINS / 2 + (int) Math.floor(value * (BINS / 2 / limit))]++;
    }

    private void doubleRange() {
        long[] merged = new long[BINS];
        for (int i = 0; i < BINS; i++) {
            merged[BINS / 4 + i / 2] += counts[i];
        }
        System.arraycopy(merged, 0, counts, 0, BINS);
        limit *= 2;
    }

    public double limit() {
        return limit;
    }

    public long count(int bin) {
        return counts[bin];
    }

    public long[] counts() {
        return counts.clone();
    }

    /** Middle of a bin. */
    public double center(int bin) {
        return limit == 0 ? 0 : (bin + 0.5) * (2 * limit / BINS) - limit;
    }

    /** Lower edge of a bin. */
    public double edge(int bin) {
        return bin * (2 * limit / BINS) - limit;
    }
}
