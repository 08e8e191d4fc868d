package org.mixdq4j.report.data;

import java.util.Arrays;

/** Order statistics that stand infinities. */
public final class Quantiles {
    private Quantiles() {}

    /**
     * The value below which a share {@code p} of the values lies, between neighbours in proportion; NaN of none.
     * Missing values do not count.
     */
    public static double of(double[] values, double p) {
        double[] sorted =
                Arrays.stream(values).filter(v -> !Double.isNaN(v)).sorted().toArray();
        if (sorted.length == 0) {
            return Double.NaN;
        }
        double place = p * (sorted.length - 1);
        int at = (int) place;
        double share = place - at;
        if (share == 0) {
            return sorted[at];
        }
        // Between a number and infinity there is no middle: the nearer of the two.
        if (Double.isInfinite(sorted[at]) || Double.isInfinite(sorted[at + 1])) {
            return sorted[share < 0.5 ? at : at + 1];
        }
        return sorted[at] + share * (sorted[at + 1] - sorted[at]);
    }
}
