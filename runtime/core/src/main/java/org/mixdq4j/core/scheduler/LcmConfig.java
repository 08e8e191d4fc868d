package org.mixdq4j.core.scheduler;

/** {@code LCMScheduler}: few steps chosen from the timesteps the network was distilled on. */
final class LcmConfig extends DistilledConfig {
    private final double timestepScaling;
    private final X0Limit limit;

    LcmConfig(Settings settings) {
        super(settings);
        timestepScaling = settings.positive("timestep_scaling", 10);
        limit = X0Limit.thresholdOrClip(settings, false);
    }

    @Override
    Scheduler trajectory(double[] timesteps) {
        return new LcmTrajectory(
                timesteps, AlphaBars.at(timesteps, noise, prediction, 1, name), prediction, timestepScaling, limit);
    }
}
