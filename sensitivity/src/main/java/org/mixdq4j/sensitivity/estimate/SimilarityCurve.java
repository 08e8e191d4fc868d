package org.mixdq4j.sensitivity.estimate;

import java.util.function.DoubleUnaryOperator;

/**
 * What noise at the network's output does to the picture, without running the network: SSIM at a series of noise levels,
 * interpolated over the level in dB. Estimated noise becomes an estimated SSIM by it. Noise there is spread evenly, that of
 * a layer is not: of two layers with the same noise it gives the same SSIM.
 */
public final class SimilarityCurve {
    private static final double HIGHEST_DB = 80;
    private static final double STEP_DB = 5;
    private static final int POINTS = 20;

    private final double[] similarity = new double[POINTS];

    /** @param similarity SSIM of the picture by the ratio of noise to signal */
    public SimilarityCurve(DoubleUnaryOperator similarity) {
        for (int i = 0; i < POINTS; i++) {
            this.similarity[i] = similarity.applyAsDouble(Math.pow(10, -decibels(i) / 10));
        }
    }

    private static double decibels(int point) {
        return HIGHEST_DB - STEP_DB * point;
    }

    /** SSIM at a ratio of noise to signal; beyond the series that of its ends. */
    public double at(double ratio) {
        double place = (HIGHEST_DB + 10 * Math.log10(ratio)) / STEP_DB;
        if (!(place > 0)) {
            return similarity[0];
        }
        if (place >= POINTS - 1) {
            return similarity[POINTS - 1];
        }
        int before = (int) place;
        double share = place - before;
        return similarity[before] * (1 - share) + similarity[before + 1] * share;
    }
}
