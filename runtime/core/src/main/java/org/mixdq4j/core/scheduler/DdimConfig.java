package org.mixdq4j.core.scheduler;

/**
 * {@code DDIMScheduler}. diffusers takes eta from the pipeline's caller; here it is the setting {@code "eta"} (default 0).
 */
final class DdimConfig implements SchedulerConfig {
    private final String name;
    private final NoiseSchedule noise;
    private final Prediction prediction;
    private final TimestepSpacing spacing;
    private final int offset;
    private final X0Limit limit;
    private final double lastAlphaBar;
    private final double eta;

    DdimConfig(Settings settings) {
        name = settings.name();
        noise = NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.EXACT);
        prediction = Prediction.of(settings);
        spacing = TimestepSpacing.of(settings, "leading");
        offset = settings.integer("steps_offset", 0, 0);
        limit = X0Limit.thresholdOrClip(settings, true);
        lastAlphaBar = settings.flag("set_alpha_to_one", true) ? 1 : noise.alphaBar(0);
        eta = AlphaBars.eta(settings);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, noise.trainSteps(), name);
        double[] timesteps = spacing.wholeTimesteps(noise.trainSteps(), steps, offset, name);
        int stride = noise.trainSteps() / steps;
        double[] previous = new double[steps];
        for (int i = 0; i < steps; i++) {
            // The published sampler's stride, which for linspace is not quite the distance to the next timestep.
            previous[i] = timesteps[i] - stride;
        }
        return trajectory(timesteps, previous);
    }

    @Override
    public Scheduler schedule(double[] timesteps) {
        TimestepSpacing.checkCustom(timesteps, 0, noise.trainSteps() - 1, true, name);
        double[] previous = new double[timesteps.length];
        System.arraycopy(timesteps, 1, previous, 0, timesteps.length - 1);
        previous[timesteps.length - 1] = -1;
        return trajectory(timesteps.clone(), previous);
    }

    private Scheduler trajectory(double[] timesteps, double[] previous) {
        return new DdimTrajectory(
                timesteps,
                AlphaBars.at(timesteps, noise, prediction, lastAlphaBar, name),
                AlphaBars.at(previous, noise, null, lastAlphaBar, name),
                prediction,
                limit,
                eta);
    }
}
