package org.mixdq4j.ptq.rounding;

import java.util.stream.IntStream;

/**
 * What rounding one weight means for those rounded after it. With columns in the order they are rounded,
 * {@code H = U D U^T} with U unit upper triangular and D diagonal, so that
 *
 * <pre>tr(e H e^T) = sum over k of D[k] * (e[k] + sum over j &lt; k of e[j] * U[j][k])^2</pre>
 *
 * and the rounding that heeds all weights before it makes each term least in turn. This is GPTQ's rounding (arXiv
 * 2210.17323), whose Cholesky factor of the inverse has rows proportional to those of U's inverse, got from one
 * factorization of H instead of two and an inversion (QuIP, arXiv 2307.13304, theorem 6).
 *
 * <p>Columns are held backwards, which makes U a lower triangle with contiguous rows: row {@code s} belongs to the column
 * rounded at turn {@code width - 1 - s}, and entry {@code t < s} is its weight in the column of turn {@code width - 1 - t}.
 */
final class FeedbackFactor {
    private static final int BLOCK = 64;
    private static final int ROWS = 32;

    private final double[][] rows;
    private final int[] column;

    /**
     * Factors a damped moment.
     *
     * @param order the column of each turn
     * @throws ArithmeticException if the moment is not positive definite
     */
    FeedbackFactor(SecondMoment moment, int[] order) {
        int width = moment.width();
        column = new int[width];
        for (int s = 0; s < width; s++) {
            column[s] = order[width - 1 - s];
        }
        rows = new double[width][];
        IntStream.range(0, width).parallel().forEach(s -> {
            rows[s] = new double[s + 1];
            for (int t = 0; t <= s; t++) {
                rows[s][t] = moment.get(column[s], column[t]);
            }
        });
        factor();
        IntStream.range(0, width).parallel().forEach(s -> {
            for (int t = 0; t < s; t++) {
                rows[s][t] /= rows[t][t];
            }
        });
        for (int s = 0; s < width; s++) {
            rows[s][s] = 1;
        }
    }

    /** Columns as they lie. */
    static int[] naturalOrder(int width) {
        return IntStream.range(0, width).toArray();
    }

    /** Columns by descending second moment of their input, of equal ones the first first (GPTQ's act-order). */
    static int[] descending(SecondMoment moment) {
        return IntStream.range(0, moment.width())
                .boxed()
                .sorted((a, b) -> Double.compare(moment.get(b, b), moment.get(a, a)))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    int width() {
        return rows.length;
    }

    /** The column of row {@code s}. */
    int column(int s) {
        return column[s];
    }

    /** All rows, unit lower triangular. */
    double[][] rows() {
        return rows;
    }

    /** Blocked Cholesky factorization in place: {@code rows = L L^T}. */
    private void factor() {
        int width = width();
        for (int from = 0; from < width; from += BLOCK) {
            int start = from;
            int end = Math.min(width, from + BLOCK);
            double[][] before = transposed(start, end);
            int groups = (width - start + ROWS - 1) / ROWS;
            IntStream.range(0, groups).parallel().forEach(g -> {
                int first = start + g * ROWS;
                subtract(before, first, Math.min(width, first + ROWS), start, end);
            });
            for (int s = start; s < end; s++) {
                solve(s, start, s);
                double[] row = rows[s];
                double pivot = row[s];
                for (int p = start; p < s; p++) {
                    pivot -= row[p] * row[p];
                }
                if (!(pivot > 0)) {
                    throw new ArithmeticException("pivot " + pivot + " at " + s + " of " + width);
                }
                row[s] = Math.sqrt(pivot);
            }
            IntStream.range(end, width).parallel().forEach(s -> solve(s, start, end));
        }
    }

    /** {@code out[p][t - from] = rows[t][p]} for p before the block. */
    private double[][] transposed(int from, int to) {
        double[][] out = new double[from][to - from];
        for (int t = from; t < to; t++) {
            double[] row = rows[t];
            for (int p = 0; p < from; p++) {
                out[p][t - from] = row[p];
            }
        }
        return out;
    }

    /** Takes what earlier columns explain from entries {@code [start, end)} of some rows. */
    private void subtract(double[][] before, int firstRow, int lastRow, int start, int end) {
        double[][] sums = new double[lastRow - firstRow][end - start];
        for (int p = 0; p < start; p += 2 * BLOCK) {
            for (int s = firstRow; s < lastRow; s++) {
                RowSums.add(sums[s - firstRow], 0, end - start, rows[s], before, p, Math.min(start, p + 2 * BLOCK));
            }
        }
        for (int s = firstRow; s < lastRow; s++) {
            for (int t = start; t < Math.min(end, s + 1); t++) {
                rows[s][t] -= sums[s - firstRow][t - start];
            }
        }
    }

    /** Entries {@code [start, end)} of row s, by the finished rows of the block. */
    private void solve(int s, int start, int end) {
        double[] row = rows[s];
        for (int t = start; t < end; t++) {
            double value = row[t];
            double[] other = rows[t];
            for (int p = start; p < t; p++) {
                value -= row[p] * other[p];
            }
            row[t] = value / other[t];
        }
    }
}
