package org.mixdq4j.core.scheduler;

import java.util.Arrays;

/** What keeps the estimate of a clean sample in bounds; changes it in place. */
@FunctionalInterface
interface X0Limit {
    X0Limit NONE = x0 -> {};

    void apply(double[] x0);

    /** For schedulers with {@code thresholding} and, unless that is on, {@code clip_sample}. */
    static X0Limit thresholdOrClip(Settings settings, boolean clipsByDefault) {
        return settings.flag("thresholding", false) ? threshold(settings) : clip(settings, clipsByDefault);
    }

    /** Thresholding where it is on. */
    static X0Limit thresholdIfOn(Settings settings) {
        return settings.flag("thresholding", false) ? threshold(settings) : NONE;
    }

    static X0Limit clip(Settings settings, boolean fallback) {
        if (!settings.flag("clip_sample", fallback)) {
            return NONE;
        }
        double bound = settings.positive("clip_sample_range", 1);
        return x0 -> clamp(x0, bound);
    }

    /**
     * Dynamic thresholding (Saharia et al., 2205.11487): one picture's sample is cut at a quantile of its magnitudes and
     * divided by it.
     */
    private static X0Limit threshold(Settings settings) {
        double ratio = settings.positive("dynamic_thresholding_ratio", 0.995);
        if (ratio > 1) {
            throw settings.wrong("dynamic_thresholding_ratio", "a number up to 1");
        }
        double most = settings.positive("sample_max_value", 1);
        return x0 -> {
            double bound = Math.min(Math.max(magnitude(x0, ratio), 1), most);
            clamp(x0, bound);
            for (int i = 0; i < x0.length; i++) {
                x0[i] /= bound;
            }
        };
    }

    /** The quantile of magnitudes, linear between neighbours. */
    private static double magnitude(double[] x0, double ratio) {
        double[] sorted = new double[x0.length];
        for (int i = 0; i < sorted.length; i++) {
            sorted[i] = Math.abs(x0[i]);
        }
        Arrays.sort(sorted);
        double place = ratio * (sorted.length - 1);
        int low = (int) Math.min(Math.floor(place), sorted.length - 1);
        int high = Math.min(low + 1, sorted.length - 1);
        return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
    }

    private static void clamp(double[] x0, double bound) {
        for (int i = 0; i < x0.length; i++) {
            x0[i] = Math.max(-bound, Math.min(bound, x0[i]));
        }
    }
}
