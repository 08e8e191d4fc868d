package org.mixdq4j.core.scheduler;

/** {@code LCMScheduler}: few steps chosen from the timesteps the network was distilled on. */
final class LcmConfig implements SchedulerConfig {
    private final String name;
    private final NoiseSchedule noise;
    private final Prediction prediction;
    private final DistilledTimesteps spacing;
    private final double timestepScaling;
    private final X0Limit limit;

    LcmConfig(Settings settings) {
        name = settings.name();
        noise = NoiseSchedule.of(settings, NoiseSchedule.Defaults.LATENT_CONSISTENCY, NoiseSchedule.ZeroSnr.EXACT);
        prediction = Prediction.of(settings);
        spacing = DistilledTimesteps.of(settings, noise.trainSteps());
        timestepScaling = settings.positive("timestep_scaling", 10);
        limit = X0Limit.thresholdOrClip(settings, false);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scheduler schedule(int steps) {
        return trajectory(spacing.timesteps(steps, name));
    }

    @Override
    public Scheduler schedule(double[] timesteps) {
        TimestepSpacing.checkCustom(timesteps, 0, noise.trainSteps() - 1, true, name);
        return trajectory(timesteps.clone());
    }

    private Scheduler trajectory(double[] timesteps) {
        return new LcmTrajectory(
                timesteps, AlphaBars.at(timesteps, noise, prediction, 1, name), prediction, timestepScaling, limit);
    }
}
