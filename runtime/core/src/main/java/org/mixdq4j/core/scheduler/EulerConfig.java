package org.mixdq4j.core.scheduler;

/** {@code EulerDiscreteScheduler} and {@code EulerAncestralDiscreteScheduler}: one noise schedule, two ways to step. */
final class EulerConfig implements SchedulerConfig {
    private final String name;
    private final boolean ancestral;
    private final NoiseSchedule noise;
    private final float[] table;
    private final Prediction prediction;
    private final TimestepSpacing spacing;
    private final int offset;
    private final KarrasRange karras;
    private final double lastSigma;

    private EulerConfig(Settings settings, boolean ancestral) {
        this.ancestral = ancestral;
        name = settings.name();
        noise = NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, true);
        table = noise.sigmas();
        prediction = Prediction.of(settings);
        spacing = TimestepSpacing.of(settings, "linspace");
        offset = settings.integer("steps_offset", 0, 0);
        if (ancestral) {
            karras = null;
            lastSigma = 0;
        } else {
            settings.unsupported("use_exponential_sigmas", "use_beta_sigmas");
            settings.word("interpolation_type", "linear", "linear");
            if (prediction == Prediction.V_PREDICTION) {
                settings.word("timestep_type", "discrete", "discrete");
            }
            karras = KarrasRange.of(settings);
            lastSigma = settings.word("final_sigmas_type", "zero", "zero", "sigma_min")
                            .equals("zero")
                    ? 0
                    : table[0];
        }
    }

    static EulerConfig ancestral(Settings settings) {
        return new EulerConfig(settings, true);
    }

    static EulerConfig deterministic(Settings settings) {
        return new EulerConfig(settings, false);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, noise.trainSteps(), name);
        double[] timesteps = Sigmas.rounded(spacing.timesteps(noise.trainSteps(), steps, offset));
        double[] sigmas = Sigmas.at(timesteps, table);
        if (karras != null) {
            sigmas = karras.sigmas(sigmas[0], sigmas[steps - 1], steps);
            timesteps = Sigmas.rounded(Sigmas.timestepsOf(sigmas, table));
        }
        return trajectory(timesteps, sigmas);
    }

    @Override
    public Scheduler schedule(double[] timesteps) {
        KarrasRange.refuseCustom(karras, name);
        TimestepSpacing.checkCustom(timesteps, 0, noise.trainSteps() - 1, false, name);
        double[] rounded = Sigmas.rounded(timesteps);
        return trajectory(rounded, Sigmas.at(rounded, table));
    }

    private Scheduler trajectory(double[] timesteps, double[] sigmas) {
        double[] all = Sigmas.endingAt(lastSigma, sigmas);
        // With leading spacing the first sample also holds a picture's share of the variance.
        double start = spacing == TimestepSpacing.LEADING ? Math.sqrt(all[0] * all[0] + 1) : all[0];
        return ancestral
                ? new EulerAncestralTrajectory(timesteps, all, start, prediction)
                : new EulerTrajectory(timesteps, all, start, prediction);
    }
}
