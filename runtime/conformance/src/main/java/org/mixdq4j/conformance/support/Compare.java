package org.mixdq4j.conformance.support;

import static org.assertj.core.api.Assertions.assertThat;

import org.mixdq4j.core.tensor.Tensor;

/** Comparison of a computed tensor with a reference in double. */
public final class Compare {
    private Compare() {}

    /** The largest difference, as a part of the largest reference magnitude. */
    public static double error(Tensor actual, double[] expected) {
        float[] values = actual.toFloatArray();
        assertThat(values).hasSameSizeAs(expected);
        double worst = 0;
        double magnitude = 0;
        for (int i = 0; i < values.length; i++) {
            double difference = Math.abs(values[i] - expected[i]);
            worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
            magnitude = Math.max(magnitude, Math.abs(expected[i]));
        }
        assertThat(magnitude).as("largest reference value").isPositive();
        return worst / magnitude;
    }

    /** Ten times the power of the reference over that of the difference's decibels. */
    public static double sqnr(Tensor actual, Tensor reference) {
        float[] a = actual.toFloatArray();
        float[] r = reference.toFloatArray();
        assertThat(a).hasSameSizeAs(r);
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < a.length; i++) {
            signal += (double) r[i] * r[i];
            noise += ((double) a[i] - r[i]) * ((double) a[i] - r[i]);
        }
        return 10 * Math.log10(signal / noise);
    }

    public static void close(Tensor actual, double[] expected) {
        close(actual, expected, 1e-5);
    }

    public static void close(Tensor actual, double[] expected, double tolerance) {
        assertThat(error(actual, expected)).as("relative error").isLessThanOrEqualTo(tolerance);
    }

    /** The sum of the products of elements. */
    public static double dot(Tensor a, Tensor b) {
        float[] x = a.toFloatArray();
        float[] y = b.toFloatArray();
        assertThat(x).hasSameSizeAs(y);
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (double) x[i] * y[i];
        }
        return sum;
    }
}
