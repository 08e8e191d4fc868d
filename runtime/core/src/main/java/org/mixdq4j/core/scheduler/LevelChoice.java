package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

/**
 * The settings {@code use_karras_sigmas}, {@code use_exponential_sigmas} and {@code use_beta_sigmas}, which spread noise
 * levels between two ends whatever the timesteps, and the ends they may pin.
 *
 * @param min least noise level, or NaN for the schedule's own
 * @param max greatest noise level, or NaN for the schedule's own
 */
record LevelChoice(Kind kind, double min, double max) {
    private static final double KARRAS_RHO = 7;
    private static final double BETA_SHAPE = 0.6;

    /** How levels are spread. */
    enum Kind {
        /** They follow from the timesteps. */
        BY_TIMESTEP(""),
        KARRAS("use_karras_sigmas"),
        EXPONENTIAL("use_exponential_sigmas"),
        BETA("use_beta_sigmas");

        private final String setting;

        Kind(String setting) {
            this.setting = setting;
        }
    }

    static LevelChoice of(Settings settings) {
        Kind kind = Kind.BY_TIMESTEP;
        for (Kind other : new Kind[] {Kind.KARRAS, Kind.EXPONENTIAL, Kind.BETA}) {
            if (settings.flag(other.setting, false)) {
                if (kind != Kind.BY_TIMESTEP) {
                    throw new MixdqException(settings.where() + " sets both \"" + kind.setting + "\" and \""
                            + other.setting + "\", but " + settings.name() + " takes one of them; correct the file.");
                }
                kind = other;
            }
        }
        return kind == Kind.BY_TIMESTEP
                ? new LevelChoice(kind, Double.NaN, Double.NaN)
                : new LevelChoice(kind, end(settings, "sigma_min"), end(settings, "sigma_max"));
    }

    /** The same, but Karras' levels take the schedule's own ends: for the classes that leave the pins unread there. */
    LevelChoice unpinnedKarras() {
        return karras() ? new LevelChoice(kind, Double.NaN, Double.NaN) : this;
    }

    boolean byTimestep() {
        return kind == Kind.BY_TIMESTEP;
    }

    boolean karras() {
        return kind == Kind.KARRAS;
    }

    /** The levels, descending. Not for {@link Kind#BY_TIMESTEP}. */
    double[] sigmas(double scheduleMax, double scheduleMin, int count) {
        double from = Double.isNaN(max) ? scheduleMax : max;
        double to = Double.isNaN(min) ? scheduleMin : min;
        double[] sigmas = new double[count];
        BetaQuantile beta = kind == Kind.BETA ? new BetaQuantile(BETA_SHAPE, BETA_SHAPE) : null;
        for (int i = 0; i < count; i++) {
            double ramp = count == 1 ? 0 : i / (count - 1.0);
            sigmas[i] = switch (kind) {
                case KARRAS -> karras(from, to, ramp);
                case EXPONENTIAL -> Math.exp(Math.log(from) + ramp * (Math.log(to) - Math.log(from)));
                case BETA -> to + beta.of(1 - ramp) * (from - to);
                case BY_TIMESTEP -> throw new IllegalStateException("levels follow from timesteps");
            };
        }
        return sigmas;
    }

    /** Karras et al., "Elucidating the design space of diffusion-based generative models", equation 5. */
    private static double karras(double max, double min, double ramp) {
        double start = Math.pow(max, 1 / KARRAS_RHO);
        double end = Math.pow(min, 1 / KARRAS_RHO);
        return Math.pow(start + ramp * (end - start), KARRAS_RHO);
    }

    /** Refuses timesteps that a person chose where the levels choose them. */
    void refuseCustom(String name) {
        if (!byTimestep()) {
            throw new UsageException(name + " is configured with " + kind.setting
                    + ", which chooses the timesteps itself; give a number of steps, or switch " + kind.setting
                    + " off.");
        }
    }

    private static double end(Settings settings, String key) {
        return settings.has(key) ? settings.positive(key, 0) : Double.NaN;
    }
}
