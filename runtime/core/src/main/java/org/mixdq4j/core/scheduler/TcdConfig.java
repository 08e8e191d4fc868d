package org.mixdq4j.core.scheduler;

/** {@code TCDScheduler}. Its gamma is the setting {@code "eta"}, as diffusers calls it, whose pipelines take 0 for it. */
final class TcdConfig implements SchedulerConfig {
    private final String name;
    private final NoiseSchedule noise;
    private final Prediction prediction;
    private final DistilledTimesteps spacing;
    private final double eta;

    TcdConfig(Settings settings) {
        name = settings.name();
        noise = NoiseSchedule.of(settings, NoiseSchedule.Defaults.LATENT_CONSISTENCY, NoiseSchedule.ZeroSnr.EXACT);
        prediction = Prediction.of(settings);
        spacing = DistilledTimesteps.of(settings, noise.trainSteps());
        eta = AlphaBars.eta(settings);
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
        double[] next = new double[timesteps.length];
        System.arraycopy(timesteps, 1, next, 0, next.length - 1);
        double[] between = new double[next.length];
        for (int i = 0; i < between.length; i++) {
            between[i] = Math.floor((float) (1 - eta) * (float) next[i]);
        }
        return new TcdTrajectory(
                timesteps,
                AlphaBars.at(timesteps, noise, prediction, 1, name),
                AlphaBars.at(between, noise, null, 1, name),
                AlphaBars.at(next, noise, null, 1, name),
                prediction,
                eta);
    }
}
