package org.mixdq4j.evaluate.statistic;

import java.util.Arrays;

/**
 * A number measured on a sample of pictures and its standard error.
 *
 * @param value the number
 * @param error standard error, NaN where it cannot be told (a single picture, or an infinite value)
 */
public record Estimate(double value, double error) {
    /** The mean and its standard error {@code s / sqrt(n)}, s with n - 1 in the denominator; NaN of no values. */
    public static Estimate ofMean(double[] values) {
        double mean = Arrays.stream(values).average().orElse(Double.NaN);
        return new Estimate(mean, deviation(values, mean) / Math.sqrt(values.length));
    }

    /** The mean of {@code a[i] - b[i]}: where both judge the same prompts, what they have in common cancels. */
    public static Estimate ofMeanDifference(double[] a, double[] b) {
        if (a.length != b.length) {
            throw new IllegalArgumentException(a.length + " values cannot be paired with " + b.length);
        }
        double[] differences = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            differences[i] = a[i] - b[i];
        }
        return ofMean(differences);
    }

    /** A value whose error is the standard deviation of what resampling gave instead; NaN with less than two. */
    public static Estimate ofResamples(double value, double[] resampled) {
        return new Estimate(
                value, deviation(resampled, Arrays.stream(resampled).average().orElse(Double.NaN)));
    }

    private static double deviation(double[] values, double mean) {
        if (values.length < 2) {
            return Double.NaN;
        }
        double sum = 0;
        for (double value : values) {
            sum += (value - mean) * (value - mean);
        }
        return Math.sqrt(sum / (values.length - 1));
    }
}
