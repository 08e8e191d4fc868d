package org.mixdq4j.ptq.rounding;

/** The one inner loop of this package: weighted sums of rows, written so that the compiler can vectorize it. */
final class RowSums {
    private RowSums() {}

    /** {@code sum[j] += sum over r in [first, last) of factor[r] * row[r][j]} for j in [from, to). */
    static void add(double[] sum, int from, int to, double[] factor, double[][] row, int first, int last) {
        int r = first;
        for (; r + 4 <= last; r += 4) {
            four(sum, from, to, factor, row, r);
        }
        for (; r < last; r++) {
            one(sum, from, to, factor[r], row[r]);
        }
    }

    /** {@code sum[j] += factor * row[j]} for j in [from, to). */
    static void one(double[] sum, int from, int to, double factor, double[] row) {
        for (int j = from; j < to; j++) {
            sum[j] += factor * row[j];
        }
    }

    private static void four(double[] sum, int from, int to, double[] factor, double[][] row, int r) {
        double f0 = factor[r];
        double f1 = factor[r + 1];
        double f2 = factor[r + 2];
        double f3 = factor[r + 3];
        double[] r0 = row[r];
        double[] r1 = row[r + 1];
        double[] r2 = row[r + 2];
        double[] r3 = row[r + 3];
        for (int j = from; j < to; j++) {
            sum[j] += f0 * r0[j] + f1 * r1[j] + f2 * r2[j] + f3 * r3[j];
        }
    }
}
