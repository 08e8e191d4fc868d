package org.mixdq4j.ptq.rounding;

import java.util.stream.IntStream;

/**
 * {@code H = sum of x x^T} over vectors x that a layer multiplies its weights with: a layer whose weights change by E changes
 * its outputs by {@code tr(E H E^T)} in summed square. Symmetric, so only the lower triangle is held, in float64.
 */
final class SecondMoment {
    private static final int TILE = 512;

    private final double[][] lower;
    private double damping;

    SecondMoment(int width) {
        lower = new double[width][];
        for (int i = 0; i < width; i++) {
            lower[i] = new double[i + 1];
        }
    }

    /** Bytes one of this width takes. */
    static long bytes(int width) {
        return 4L * width * (width + 1);
    }

    int width() {
        return lower.length;
    }

    /** Adds the first {@code count} of {@code vectors}. */
    void add(double[][] vectors, int count) {
        IntStream.range(0, width()).parallel().forEach(i -> {
            double[] factor = new double[count];
            for (int r = 0; r < count; r++) {
                factor[r] = vectors[r][i];
            }
            for (int from = 0; from <= i; from += TILE) {
                RowSums.add(lower[i], from, Math.min(i + 1, from + TILE), factor, vectors, 0, count);
            }
        });
    }

    /**
     * Adds this share of the mean diagonal to the diagonal, so that the matrix has an inverse and inputs seen seldom are not
     * trusted blindly (GPTQ section 3.3, step 3). To be done once, after all vectors.
     */
    void damp(double share) {
        double sum = 0;
        for (int i = 0; i < width(); i++) {
            sum += lower[i][i];
        }
        damping = share * sum / width();
        for (int i = 0; i < width(); i++) {
            lower[i][i] += damping;
        }
    }

    double get(int i, int j) {
        return i >= j ? lower[i][j] : lower[j][i];
    }

    /** Whether any vector was other than zero. @throws IllegalArgumentException if one was not finite */
    boolean informative() {
        double trace = 0;
        for (int i = 0; i < width(); i++) {
            trace += lower[i][i];
        }
        if (!Double.isFinite(trace)) {
            throw new IllegalArgumentException("the second moment holds " + trace);
        }
        return trace > 0;
    }

    /** Columns {@code [from, to)}: {@code panel[j][k - from] = H[j][k]} for all j. */
    double[][] panel(int from, int to) {
        double[][] panel = new double[width()][to - from];
        IntStream.range(0, width()).parallel().forEach(j -> {
            for (int k = from; k < to; k++) {
                panel[j][k - from] = get(j, k);
            }
        });
        return panel;
    }
}
