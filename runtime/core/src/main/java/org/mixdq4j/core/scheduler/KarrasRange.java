package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.UsageException;

/**
 * The setting {@code use_karras_sigmas} and the ends it may pin.
 *
 * @param min least noise level, or NaN for the schedule's own
 * @param max greatest noise level, or NaN for the schedule's own
 */
record KarrasRange(double min, double max) {
    /** Null if Karras' levels are not asked for. */
    static KarrasRange of(Settings settings) {
        if (!settings.flag("use_karras_sigmas", false)) {
            return null;
        }
        return new KarrasRange(end(settings, "sigma_min"), end(settings, "sigma_max"));
    }

    double[] sigmas(double scheduleMax, double scheduleMin, int count) {
        return Sigmas.karras(Double.isNaN(max) ? scheduleMax : max, Double.isNaN(min) ? scheduleMin : min, count);
    }

    static void refuseCustom(KarrasRange range, String name) {
        if (range != null) {
            throw new UsageException(name + " is configured with use_karras_sigmas, which chooses the timesteps itself;"
                    + " give a number of steps, or switch use_karras_sigmas off.");
        }
    }

    private static double end(Settings settings, String key) {
        return settings.has(key) ? settings.positive(key, 0) : Double.NaN;
    }
}
