package org.mixdq4j.core.scheduler;

/** What samplers of networks distilled to few steps have in common: levels of variance at timesteps they were distilled on. */
abstract class DistilledConfig implements SchedulerConfig {
    final String name;
    final NoiseSchedule noise;
    final Prediction prediction;
    private final DistilledTimesteps spacing;

    DistilledConfig(Settings settings) {
        name = settings.name();
        noise = NoiseSchedule.of(settings, NoiseSchedule.Defaults.LATENT_CONSISTENCY, NoiseSchedule.ZeroSnr.EXACT);
        prediction = Prediction.of(settings);
        spacing = DistilledTimesteps.of(settings, noise.trainSteps());
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Scheduler schedule(int steps) {
        return trajectory(spacing.timesteps(steps, name));
    }

    @Override
    public final Scheduler schedule(double[] timesteps) {
        TimestepSpacing.checkCustom(timesteps, 0, noise.trainSteps() - 1, true, name);
        return trajectory(timesteps.clone());
    }

    abstract Scheduler trajectory(double[] timesteps);
}
