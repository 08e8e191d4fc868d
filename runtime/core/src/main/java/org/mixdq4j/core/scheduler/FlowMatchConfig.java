package org.mixdq4j.core.scheduler;

/** {@code FlowMatchEulerDiscreteScheduler} (Esser et al., "Scaling rectified flow transformers"). */
final class FlowMatchConfig implements SchedulerConfig {
    private final String name;
    private final int trainSteps;
    private final FlowShift shift;
    private final double terminal;
    private final LevelChoice levels;
    private final boolean stochastic;

    FlowMatchConfig(Settings settings) {
        name = settings.name();
        settings.unsupported("invert_sigmas");
        trainSteps = settings.integer("num_train_timesteps", 1000, 1);
        shift = FlowShift.of(settings, "shift", true);
        terminal = settings.number("shift_terminal", 0);
        if (!(terminal >= 0 && terminal < 1)) {
            throw settings.wrong("shift_terminal", "a number from 0 to less than 1");
        }
        levels = LevelChoice.of(settings);
        stochastic = settings.flag("stochastic_sampling", false);
    }

    @Override
    public String name() {
        return name;
    }

    /** Evenly spaced from 1 down to the least level of training, whose own fixed shift is then applied a second time. */
    @Override
    public Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, trainSteps, name);
        double unshifted = 1f / trainSteps;
        double least = (float) (shift.dynamic() ? unshifted : shift.of(unshifted));
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
            sigmas[i] = (float) timesteps[i] / trainSteps;
        }
        return trajectory(sigmas);
    }

    private Scheduler trajectory(double[] unshifted) {
        double[] sigmas = new double[unshifted.length];
        for (int i = 0; i < sigmas.length; i++) {
            sigmas[i] = shift.of(unshifted[i]);
        }
        FlowShift.stretch(sigmas, terminal);
        if (!levels.byTimestep()) {
            sigmas = levels.sigmas(sigmas[0], sigmas[sigmas.length - 1], sigmas.length);
        }
        double[] timesteps = new double[sigmas.length];
        for (int i = 0; i < sigmas.length; i++) {
            timesteps[i] = (float) sigmas[i] * trainSteps;
        }
        return new FlowMatchTrajectory(timesteps, Sigmas.endingAt(0, sigmas), stochastic);
    }
}
