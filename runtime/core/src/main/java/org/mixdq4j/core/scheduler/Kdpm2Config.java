package org.mixdq4j.core.scheduler;

/** {@code KDPM2DiscreteScheduler} and {@code KDPM2AncestralDiscreteScheduler}. */
final class Kdpm2Config extends SigmaSamplerConfig {
    private final boolean ancestral;
    private final Prediction prediction;

    private Kdpm2Config(Settings settings, boolean ancestral) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.K_DIFFUSION, NoiseSchedule.ZeroSnr.IGNORED),
                LevelChoice.of(settings));
        this.ancestral = ancestral;
        prediction = Prediction.of(settings);
    }

    static Kdpm2Config ancestral(Settings settings) {
        return new Kdpm2Config(settings, true);
    }

    static Kdpm2Config deterministic(Settings settings) {
        return new Kdpm2Config(settings, false);
    }

    @Override
    double[] timestepsOf(double[] sigmas) {
        double[] timesteps = super.timestepsOf(sigmas);
        for (int i = 0; i < timesteps.length && levels.karras(); i++) {
            timesteps[i] = Math.rint(timesteps[i]);
        }
        return timesteps;
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas, double start) {
        double[] whole = Sigmas.rounded(sigmas);
        double[] between = new double[whole.length - 1];
        for (int i = 0; i < between.length; i++) {
            double to = whole[i + 1];
            double end = ancestral ? SigmaTrajectory.under(to, SigmaTrajectory.added(whole[i], to)) : to;
            between[i] = (float) Math.sqrt(whole[i] * end);
        }
        return new Kdpm2Trajectory(
                Stages.interleaved(timesteps, rounded(Sigmas.timestepsOf(between, table))),
                Sigmas.endingAt(0, Stages.interleaved(whole, between)),
                start,
                prediction,
                ancestral);
    }
}
