package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.UsageException;

/**
 * {@code DDIMScheduler}. diffusers takes eta from the pipeline's caller; here it is the setting {@code "eta"} (default 0).
 */
final class DdimConfig implements SchedulerConfig {
    private final String name;
    private final NoiseSchedule noise;
    private final Prediction prediction;
    private final TimestepSpacing spacing;
    private final int offset;
    private final double clip;
    private final double lastAlphaBar;
    private final double eta;

    DdimConfig(Settings settings) {
        name = settings.name();
        settings.unsupported("thresholding");
        noise = NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, false);
        prediction = Prediction.of(settings);
        spacing = TimestepSpacing.of(settings, "leading");
        offset = settings.integer("steps_offset", 0, 0);
        clip = AlphaBars.clip(settings, true);
        lastAlphaBar = settings.flag("set_alpha_to_one", true) ? 1 : noise.alphaBar(0);
        eta = settings.number("eta", 0);
        if (!(eta >= 0 && eta <= 1)) {
            throw settings.wrong("eta", "a number from 0 to 1");
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, noise.trainSteps(), name);
        double[] timesteps = spacing.timesteps(noise.trainSteps(), steps, offset);
        int stride = noise.trainSteps() / steps;
        double[] previous = new double[steps];
        for (int i = 0; i < steps; i++) {
            timesteps[i] = Math.rint(timesteps[i]);
            // The published sampler's stride, which for linspace is not quite the distance to the next timestep.
            previous[i] = timesteps[i] - stride;
        }
        if (timesteps[0] >= noise.trainSteps()) {
            throw new UsageException(name + " would start at timestep " + timesteps[0] + " of " + noise.trainSteps()
                    + "; ask for fewer than " + steps + " steps or lower steps_offset.");
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
                clip,
                eta);
    }
}
