package org.mixdq4j.core.scheduler;

/** {@code TCDScheduler}. Its gamma is the setting {@code "eta"}, as diffusers calls it, whose pipelines take 0 for it. */
final class TcdConfig extends DistilledConfig {
    private final double eta;

    TcdConfig(Settings settings) {
        super(settings);
        eta = AlphaBars.eta(settings);
    }

    @Override
    Scheduler trajectory(double[] timesteps) {
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
