package org.mixdq4j.core.scheduler;

/** {@code DEISMultistepScheduler}, orders 1 to 3. */
final class DeisConfig extends SolverConfig {
    private final int order;
    private final boolean lowersLast;

    DeisConfig(Settings settings) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.IGNORED),
                TimestepSpacing.of(settings, "linspace"),
                LevelChoice.of(settings),
                settings.flag("use_karras_sigmas", false));
        // Other samplers' names are read as its own.
        settings.word("algorithm_type", "deis", "deis", "dpmsolver", "dpmsolver++");
        settings.word("solver_type", "logrho", "logrho", "midpoint", "heun", "bh1", "bh2");
        order = DpmConfig.order(settings);
        lowersLast = settings.flag("lower_order_final", true);
    }

    @Override
    double lastByTimestep() {
        return table[0];
    }

    @Override
    double lastOfChosen(double[] sigmas) {
        return sigmas[sigmas.length - 1];
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas) {
        return new DeisTrajectory(timesteps, sigmas, target(true), order, lowersLast);
    }
}
