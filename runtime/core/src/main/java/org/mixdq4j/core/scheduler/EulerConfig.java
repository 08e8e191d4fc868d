package org.mixdq4j.core.scheduler;

/** {@code EulerDiscreteScheduler} and {@code EulerAncestralDiscreteScheduler}: one noise schedule, two ways to step. */
final class EulerConfig extends SigmaSamplerConfig {
    private static final LevelChoice NONE = new LevelChoice(LevelChoice.Kind.BY_TIMESTEP, Double.NaN, Double.NaN);

    private final boolean ancestral;
    private final Prediction prediction;
    private final boolean logLinear;
    private final boolean continuous;
    private final double lastSigma;

    private EulerConfig(Settings settings, boolean ancestral) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.NEARLY),
                ancestral ? NONE : LevelChoice.of(settings));
        this.ancestral = ancestral;
        prediction = Prediction.withEarlierName(settings);
        if (ancestral) {
            logLinear = false;
            continuous = false;
            lastSigma = 0;
        } else {
            logLinear = settings.word("interpolation_type", "linear", "linear", "log_linear")
                    .equals("log_linear");
            continuous = prediction == Prediction.V_PREDICTION
                    && settings.word("timestep_type", "discrete", "discrete", "continuous")
                            .equals("continuous");
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

    /** Evenly spaced in their logarithm over all of training where {@code log_linear} says so, whatever the timesteps. */
    @Override
    double[] sigmas(double[] timesteps) {
        if (!logLinear) {
            return super.sigmas(timesteps);
        }
        double first = Math.log(table[table.length - 1]);
        double last = Math.log(table[0]);
        double[] sigmas = new double[timesteps.length + 1];
        for (int i = 0; i < sigmas.length; i++) {
            sigmas[i] = (float) Math.exp((float) (first + i * ((last - first) / (sigmas.length - 1))));
        }
        return sigmas;
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas, double start) {
        // Log-linear levels hold the one that the last step ends at.
        double[] all = sigmas.length > timesteps.length ? Sigmas.rounded(sigmas) : Sigmas.endingAt(lastSigma, sigmas);
        double[] told = continuous ? quarterLogs(all) : timesteps;
        return ancestral
                ? new EulerAncestralTrajectory(told, all, start, prediction)
                : new EulerTrajectory(told, all, start, prediction);
    }

    /** What networks with {@code timestep_type} "continuous" are told in place of a timestep. */
    private double[] quarterLogs(double[] sigmas) {
        double[] told = new double[sigmas.length - 1];
        for (int i = 0; i < told.length; i++) {
            told[i] = (float) (0.25 * Math.log(sigmas[i]));
        }
        return told;
    }
}
