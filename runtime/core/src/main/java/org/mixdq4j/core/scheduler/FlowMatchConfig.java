package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.MixdqException;

/** {@code FlowMatchEulerDiscreteScheduler} with a fixed shift (Esser et al., "Scaling rectified flow transformers"). */
final class FlowMatchConfig implements SchedulerConfig {
    private final String name;
    private final int trainSteps;
    private final double shift;

    FlowMatchConfig(Settings settings) {
        name = settings.name();
        if (settings.flag("use_dynamic_shifting", false)) {
            throw new MixdqException(settings.where() + " sets \"use_dynamic_shifting\", which is not supported for "
                    + name + "; set it to false and give the \"shift\" for your picture size (SD3 uses 3).");
        }
        settings.unsupported(
                "use_karras_sigmas",
                "use_exponential_sigmas",
                "use_beta_sigmas",
                "invert_sigmas",
                "stochastic_sampling",
                "shift_terminal");
        trainSteps = settings.integer("num_train_timesteps", 1000, 1);
        shift = settings.positive("shift", 1);
    }

    @Override
    public String name() {
        return name;
    }

    /** Evenly spaced from 1 down to the least level of training, whose own shift is then applied a second time. */
    @Override
    public Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, trainSteps, name);
        double least = (float) shifted(1f / trainSteps);
        double[] sigmas = new double[steps];
        for (int i = 0; i < steps; i++) {
            sigmas[i] = steps == 1 ? 1 : 1 + i * ((least - 1) / (steps - 1));
        }
        return trajectory(sigmas);
    }

    @Override
    public Scheduler schedule(double[] timesteps) {
        TimestepSpacing.checkCustom(timesteps, Double.MIN_NORMAL, trainSteps, false, name);
        double[] sigmas = new double[timesteps.length];
        for (int i = 0; i < sigmas.length; i++) {
            sigmas[i] = timesteps[i] / trainSteps;
        }
        return trajectory(sigmas);
    }

    private Scheduler trajectory(double[] unshifted) {
        double[] sigmas = new double[unshifted.length];
        double[] timesteps = new double[unshifted.length];
        for (int i = 0; i < sigmas.length; i++) {
            sigmas[i] = (float) shifted(unshifted[i]);
            timesteps[i] = (float) sigmas[i] * trainSteps;
        }
        return new FlowMatchTrajectory(timesteps, Sigmas.endingAt(0, sigmas));
    }

    private double shifted(double sigma) {
        return shift * sigma / (1 + (shift - 1) * sigma);
    }
}
