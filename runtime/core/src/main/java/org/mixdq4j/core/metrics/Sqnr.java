package org.mixdq4j.core.metrics;

import java.nio.FloatBuffer;

/**
 * Signal-to-quantization-noise ratio, {@code 10 log10(sum ref^2 / sum (test - ref)^2)} in dB; higher is better. All that
 * is added counts as one tensor: one ratio of sums, not a mean of ratios, as MixDQ measures it.
 */
public final class Sqnr {
    private double signal;
    private double noise;
    private long count;

    public static double of(float[] reference, float[] test) {
        Sqnr sqnr = new Sqnr();
        sqnr.add(reference, test);
        return sqnr.decibels();
    }

    public void add(float[] reference, float[] test) {
        add(FloatBuffer.wrap(reference), FloatBuffer.wrap(test));
    }

    /** Adds what remains in both buffers, whose positions stay as they are. */
    public void add(FloatBuffer reference, FloatBuffer test) {
        int length = reference.remaining();
        if (test.remaining() != length) {
            throw new IllegalArgumentException(
                    "the reference has " + length + " elements, the test has " + test.remaining());
        }
        int refStart = reference.position();
        int testStart = test.position();
        for (int i = 0; i < length; i++) {
            double expected = reference.get(refStart + i);
            double error = test.get(testStart + i) - expected;
            signal += expected * expected;
            noise += error * error;
        }
        count += length;
    }

    /**
     * The ratio of all that was added: +Infinity if every element was equal; NaN if nothing was added, or if the elements
     * held a NaN or an infinity that leaves the ratio undefined.
     */
    public double decibels() {
        if (count == 0 || Double.isNaN(signal)) {
            return Double.NaN;
        }
        return noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
    }
}
