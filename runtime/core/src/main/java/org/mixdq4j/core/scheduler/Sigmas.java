package org.mixdq4j.core.scheduler;

/** Noise levels at given timesteps, and timesteps of given noise levels. */
final class Sigmas {
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
