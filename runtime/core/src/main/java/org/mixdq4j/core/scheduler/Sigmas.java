package org.mixdq4j.core.scheduler;

/** Noise levels at given timesteps, and Karras' choice of levels with the timesteps they fall on. */
final class Sigmas {
    private static final double KARRAS_RHO = 7;
    private static final double LEAST_SIGMA = 1e-10;

    private Sigmas() {}

    /** The table read at fractional timesteps, linear in between and constant beyond its ends. */
    static double[] at(double[] timesteps, float[] table) {
        double[] sigmas = new double[timesteps.length];
        for (int i = 0; i < sigmas.length; i++) {
            double t = Math.max(0, Math.min(table.length - 1, timesteps[i]));
            int low = (int) Math.min(t, table.length - 2);
            sigmas[i] = table[low] + (t - low) * ((double) table[low + 1] - table[low]);
        }
        return sigmas;
    }

    /** Karras et al., "Elucidating the design space of diffusion-based generative models", equation 5. */
    static double[] karras(double max, double min, int count) {
        double start = Math.pow(max, 1 / KARRAS_RHO);
        double end = Math.pow(min, 1 / KARRAS_RHO);
        double[] sigmas = new double[count];
        for (int i = 0; i < count; i++) {
            double ramp = count == 1 ? 0 : i / (count - 1.0);
            sigmas[i] = Math.pow(start + ramp * (end - start), KARRAS_RHO);
        }
        return sigmas;
    }

    /** The fractional timesteps of these levels, interpolated in log sigma; {@code table} ascends. */
    static double[] timestepsOf(double[] sigmas, float[] table) {
        double[] timesteps = new double[sigmas.length];
        for (int i = 0; i < sigmas.length; i++) {
            double wanted = Math.log(Math.max(sigmas[i], LEAST_SIGMA));
            int low = 0;
            while (low < table.length - 2 && log(table, low + 1) <= wanted) {
                low++;
            }
            double weight = (log(table, low) - wanted) / (log(table, low) - log(table, low + 1));
            timesteps[i] = low + Math.max(0, Math.min(1, weight));
        }
        return timesteps;
    }

    /** Float32 as in the table that the levels came from, so that a level of the table falls on its timestep. */
    private static float log(float[] table, int index) {
        return (float) Math.log(table[index]);
    }

    /** Appends the level after the last step and rounds all to float32, which diffusers keeps them in. */
    static double[] endingAt(double last, double[] sigmas) {
        double[] all = new double[sigmas.length + 1];
        for (int i = 0; i < sigmas.length; i++) {
            all[i] = (float) sigmas[i];
        }
        all[sigmas.length] = (float) last;
        return all;
    }

    static double[] rounded(double[] values) {
        double[] rounded = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return rounded;
    }
}
