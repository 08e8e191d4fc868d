package org.mixdq4j.core.scheduler;

/** {@code HeunDiscreteScheduler}. */
final class HeunConfig extends SigmaSamplerConfig {
    private final Prediction prediction;
    private final X0Limit limit;

    HeunConfig(Settings settings) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.K_DIFFUSION, NoiseSchedule.ZeroSnr.IGNORED, "exp"),
                LevelChoice.of(settings));
        prediction = Prediction.of(settings);
        limit = X0Limit.clip(settings, false);
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas, double start) {
        return new HeunTrajectory(
                Stages.twice(timesteps), Sigmas.endingAt(0, Stages.twice(sigmas)), start, prediction, limit);
    }
}
