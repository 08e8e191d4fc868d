package org.mixdq4j.core.scheduler;

/** {@code LMSDiscreteScheduler}. */
final class LmsConfig extends SigmaSamplerConfig {
    private final Prediction prediction;

    LmsConfig(Settings settings) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.IGNORED),
                LevelChoice.of(settings).unpinnedKarras());
        prediction = Prediction.of(settings);
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas, double start) {
        return new LmsTrajectory(timesteps, Sigmas.endingAt(0, sigmas), start, prediction);
    }
}
