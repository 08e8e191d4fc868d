package org.mixdq4j.core.metrics;

/** Peak signal-to-noise ratio, {@code 10 log10(range^2 / mean (a - b)^2)} in dB; higher is better. */
public final class Psnr {
    private Psnr() {}

    /**
     * @param range the distance between black and white: 1 for pictures in 0..1, 255 for bytes
     * @return +Infinity if all elements are equal, NaN if there are none or one is NaN
     */
    public static double of(float[] a, float[] b, double range) {
        if (a.length != b.length) {
            throw new IllegalArgumentException("the pictures have " + a.length + " and " + b.length + " elements");
        }
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double error = (double) a[i] - b[i];
            sum += error * error;
        }
        double mean = sum / a.length;
        return mean == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(range * range / mean);
    }
}
