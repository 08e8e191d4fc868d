package org.mixdq4j.core.scheduler;

/** {@code DDPMScheduler}, with a variance that is not learned. */
final class DdpmConfig implements SchedulerConfig {
    private final String name;
    private final NoiseSchedule noise;
    private final Prediction prediction;
    private final TimestepSpacing spacing;
    private final int offset;
    private final X0Limit limit;
    private final DdpmTrajectory.Variance variance;

    DdpmConfig(Settings settings) {
        name = settings.name();
        noise = NoiseSchedule.of(
                settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.EXACT, "sigmoid", "laplace");
        prediction = Prediction.of(settings);
        spacing = TimestepSpacing.of(settings, "leading");
        offset = settings.integer("steps_offset", 0, 0);
        limit = X0Limit.thresholdOrClip(settings, true);
        // fixed_large_log gives no numbers in diffusers: the root of a negative logarithm.
        variance =
                switch (settings.word(
                        "variance_type", "fixed_small", "fixed_small", "fixed_small_log", "fixed_large")) {
                    case "fixed_large" -> DdpmTrajectory.Variance.BETA;
                    default -> DdpmTrajectory.Variance.POSTERIOR;
                };
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, noise.trainSteps(), name);
        return trajectory(spacing.wholeTimesteps(noise.trainSteps(), steps, offset, name));
    }

    @Override
    public Scheduler schedule(double[] timesteps) {
        TimestepSpacing.checkCustom(timesteps, 0, noise.trainSteps() - 1, true, name);
        return trajectory(timesteps.clone());
    }

    private Scheduler trajectory(double[] timesteps) {
        double[] next = new double[timesteps.length];
        System.arraycopy(timesteps, 1, next, 0, next.length - 1);
        next[next.length - 1] = -1;
        return new DdpmTrajectory(
                timesteps,
                AlphaBars.at(timesteps, noise, prediction, 1, name),
                AlphaBars.at(next, noise, null, 1, name),
                prediction,
                limit,
                variance);
    }
}
