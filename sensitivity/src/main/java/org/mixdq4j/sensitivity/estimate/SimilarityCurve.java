package org.mixdq4j.sensitivity.estimate;

import java.util.function.DoubleUnaryOperator;

/**
 * What noise at the network's output does to the picture, without running the network: SSIM at a series of noise levels,
 * with 1 - SSIM interpolated as a power of the level. Estimated noise becomes an estimated SSIM by it. Noise there is
 * spread evenly, that of a layer is not: of two layers with the same noise it gives the same SSIM.
 */
public final class SimilarityCurve {
    private static final double HIGHEST_DB = 80;
    private static final double STEP_DB = 5;
    private static final int POINTS = 20;

    /** 1 - SSIM where two pictures differ by less than doubles tell. */
    private static final double LEAST = 1e-15;

    /** Logarithm of 1 - SSIM by level. */
    private final double[] loss = new double[POINTS];

    /** @param similarity SSIM of the picture by the ratio of noise to signal */
    public SimilarityCurve(DoubleUnaryOperator similarity) {
        for (int i = 0; i < POINTS; i++) {
            double ratio = Math.pow(10, (STEP_DB * i - HIGHEST_DB) / 10);
            loss[i] = Math.log(Math.max(LEAST, 1 - similarity.applyAsDouble(ratio)));
        }
    }

    /**
     * SSIM at a ratio of noise to signal. Below the series 1 - SSIM falls in proportion to the noise, as it does for any
     * small one, to 0 for none at all; above it, and for NaN, it is that of the end.
     */
    public double at(double ratio) {
        double place = (HIGHEST_DB + 10 * Math.log10(ratio)) / STEP_DB;
        if (place <= 0) {
            return 1 - Math.exp(loss[0] + Math.log(10) / 10 * STEP_DB * place);
        }
        if (!(place < POINTS - 1)) {
            return 1 - Math.exp(loss[POINTS - 1]);
        }
        int before = (int) place;
        double share = place - before;
        return 1 - Math.exp(loss[before] * (1 - share) + loss[before + 1] * share);
    }
}
