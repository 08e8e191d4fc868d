package org.mixdq4j.core.scheduler;

/**
 * Samplers in sigma that visit both ends of the spacing: Euler, Heun, DPM2, LMS and the stochastic DPM-Solver++ of
 * k-diffusion. They share how timesteps and noise levels are chosen, and differ in how they step.
 */
abstract class SigmaSamplerConfig implements SchedulerConfig {
    private final String name;
    private final TimestepSpacing spacing;
    private final int offset;
    final NoiseSchedule noise;
    final float[] table;
    final LevelChoice levels;

    SigmaSamplerConfig(Settings settings, NoiseSchedule noise, LevelChoice levels) {
        this.name = settings.name();
        this.noise = noise;
        this.table = noise.sigmas();
        this.levels = levels;
        this.spacing = TimestepSpacing.of(settings, "linspace");
        this.offset = settings.integer("steps_offset", 0, 0);
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, noise.trainSteps(), name);
        double[] timesteps = rounded(spacing.timesteps(noise.trainSteps(), steps, offset));
        double[] sigmas = sigmas(timesteps);
        if (!levels.byTimestep()) {
            sigmas = levels.sigmas(sigmas[0], sigmas[sigmas.length - 1], steps);
            timesteps = rounded(timestepsOf(sigmas));
        }
        return start(timesteps, sigmas);
    }

    @Override
    public final Scheduler schedule(double[] timesteps) {
        levels.refuseCustom(name);
        TimestepSpacing.checkCustom(timesteps, 0, noise.trainSteps() - 1, false, name);
        double[] rounded = rounded(timesteps);
        return start(rounded, sigmas(rounded));
    }

    private Scheduler start(double[] timesteps, double[] sigmas) {
        double first = (float) sigmas[0];
        // With leading spacing the first sample also holds a picture's share of the variance.
        double start = spacing == TimestepSpacing.LEADING ? Math.sqrt(first * first + 1) : first;
        return trajectory(timesteps, sigmas, start);
    }

    /** Levels at timesteps, as many; a sampler may add those it ends at. */
    double[] sigmas(double[] timesteps) {
        return Sigmas.at(timesteps, table);
    }

    /** Timesteps of levels that were chosen by themselves. */
    double[] timestepsOf(double[] sigmas) {
        return Sigmas.timestepsOf(sigmas, table);
    }

    /** To the precision this class keeps timesteps in. */
    double[] rounded(double[] timesteps) {
        return Sigmas.rounded(timesteps);
    }

    /** @param sigmas levels at the timesteps, before they are rounded @param start deviation of the first sample */
    abstract Scheduler trajectory(double[] timesteps, double[] sigmas, double start);
}
