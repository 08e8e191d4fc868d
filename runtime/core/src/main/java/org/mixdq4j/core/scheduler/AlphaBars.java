package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.UsageException;

/** What the samplers in terms of alphaBar share: DDIM and LCM. */
final class AlphaBars {
    private AlphaBars() {}

    /**
     * The remaining share of the picture's variance at whole timesteps, {@code beforeFirst} at negative ones.
     *
     * @param prediction how x0 will be estimated there, or null if it will not be
     */
    static double[] at(
            double[] timesteps, NoiseSchedule noise, Prediction prediction, double beforeFirst, String name) {
        double[] bars = new double[timesteps.length];
        for (int i = 0; i < bars.length; i++) {
            bars[i] = timesteps[i] < 0 ? beforeFirst : noise.alphaBar((int) timesteps[i]);
            if (bars[i] == 0 && prediction == Prediction.EPSILON) {
                throw new UsageException(name + " cannot predict epsilon at timestep " + timesteps[i]
                        + ", where rescale_betas_zero_snr leaves nothing but noise; use a v_prediction model or leave"
                        + " rescale_betas_zero_snr off.");
            }
        }
        return bars;
    }

    /** The bound of the estimated picture: infinite unless {@code clip_sample} is on. */
    static double clip(Settings settings, boolean fallback) {
        return settings.flag("clip_sample", fallback)
                ? settings.positive("clip_sample_range", 1)
                : Double.POSITIVE_INFINITY;
    }

    static double clamp(double value, double bound) {
        return Math.max(-bound, Math.min(bound, value));
    }
}
