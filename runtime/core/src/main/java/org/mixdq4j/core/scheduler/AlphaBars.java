package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.UsageException;

/** What the samplers in terms of alphaBar share. */
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

    /**
     * The setting {@code "eta"}, which is ours: the share of noise that diffusers' pipelines take from their caller, where
     * the default is 0.
     */
    static double eta(Settings settings) {
        double eta = settings.number("eta", 0);
        if (!(eta >= 0 && eta <= 1)) {
            throw settings.wrong("eta", "a number from 0 to 1");
        }
        return eta;
    }
}
