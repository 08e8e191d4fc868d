package org.mixdq4j.core.scheduler;

import java.util.Arrays;

/** {@code DPMSolverSinglestepScheduler}, orders 1 to 3. */
final class SinglestepConfig extends DpmConfig {
    private final boolean lowersLast;

    SinglestepConfig(Settings settings) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.IGNORED),
                TimestepSpacing.LINSPACE,
                LevelChoice.of(settings),
                settings.flag("use_karras_sigmas", false),
                "dpmsolver",
                "dpmsolver++",
                "sde-dpmsolver++",
                "deis");
        lowersLast = settings.flag("lower_order_final", false);
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas) {
        return new SinglestepTrajectory(
                timesteps, sigmas, target(algorithm.noise), algorithm, midpoint, orders(timesteps.length));
    }

    /** Groups of rising order; those at the end are cut short where the number of steps or level zero asks for it. */
    private int[] orders(int steps) {
        boolean lowers = lowersLast || steps % order != 0 || lastSigma == 0;
        int[] orders = new int[steps];
        Arrays.setAll(orders, i -> i % order + 1);
        if (lowers && order > 1 && steps % order == 0) {
            // A whole last group of n steps becomes one of n - 1 and one of a single step.
            orders[steps - 1] = 1;
        }
        if (lastSigma == 0) {
            orders[steps - 1] = 1;
        }
        return orders;
    }
}
