package org.mixdq4j.core.scheduler;

/** {@code DPMSolverSDEScheduler}. */
final class SdeConfig extends SigmaSamplerConfig {
    private final Prediction prediction;

    SdeConfig(Settings settings) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.K_DIFFUSION, NoiseSchedule.ZeroSnr.IGNORED),
                LevelChoice.of(settings).unpinnedKarras());
        prediction = Prediction.of(settings);
    }

    /** This class keeps them in double. */
    @Override
    double[] rounded(double[] timesteps) {
        return timesteps.clone();
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas, double start) {
        double[] between = new double[sigmas.length - 1];
        for (int i = 0; i < between.length; i++) {
            between[i] = Math.sqrt(sigmas[i] * sigmas[i + 1]);
        }
        return new SdeTrajectory(
                Stages.interleaved(timesteps, Sigmas.timestepsOf(between, table)),
                Sigmas.endingAt(0, Stages.interleaved(sigmas, between)),
                start,
                prediction);
    }
}
