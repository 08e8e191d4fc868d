package org.mixdq4j.core.quantize.balance;

/**
 * Factors of input channels: {@code s[c] = act[c]^alpha / weight[c]^(1 - alpha)} with the largest magnitudes of a channel's
 * inputs and of the weights it meets (SmoothQuant, arXiv 2211.10438, equation 4; ViDiT-Q). Inputs are multiplied by 1 / s.
 */
final class ChannelFactors {
    /** Channels that are this much smaller than the largest, or are always zero, count as this. */
    private static final float LEAST = 1e-5f;

    private ChannelFactors() {}

    /** The multipliers 1 / s, scaled so that the least and the greatest are as far from 1. */
    static float[] multipliers(float[] inputs, float[] weights, double alpha) {
        float[] act = floored(inputs);
        float[] weight = floored(weights);
        double[] logs = new double[act.length];
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < logs.length; c++) {
            logs[c] = (1 - alpha) * StrictMath.log(weight[c]) - alpha * StrictMath.log(act[c]);
            least = Math.min(least, logs[c]);
            most = Math.max(most, logs[c]);
        }
        float[] multipliers = new float[logs.length];
        for (int c = 0; c < logs.length; c++) {
            multipliers[c] = (float) StrictMath.exp(logs[c] - (least + most) / 2);
        }
        return multipliers;
    }

    private static float[] floored(float[] magnitudes) {
        float most = Float.MIN_NORMAL;
        for (float magnitude : magnitudes) {
            most = Math.max(most, magnitude);
        }
        float[] floored = new float[magnitudes.length];
        for (int c = 0; c < floored.length; c++) {
            floored[c] = Math.max(Math.max(magnitudes[c], LEAST * most), Float.MIN_NORMAL);
        }
        return floored;
    }
}
