package org.mixdq4j.core.scheduler;

/** {@code FlowMatchHeunDiscreteScheduler}: Heun's method along the straight paths of flow matching. */
final class FlowHeunConfig implements SchedulerConfig {
    private final String name;
    private final int trainSteps;
    private final double shift;

    FlowHeunConfig(Settings settings) {
        name = settings.name();
        trainSteps = settings.integer("num_train_timesteps", 1000, 1);
        shift = settings.positive("shift", 1);
    }

    @Override
    public String name() {
        return name;
    }

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
        return new FlowHeunTrajectory(Stages.twice(timesteps), Sigmas.endingAt(0, Stages.twice(sigmas)));
    }

    private double shifted(double sigma) {
        return shift * sigma / (1 + (shift - 1) * sigma);
    }
}
