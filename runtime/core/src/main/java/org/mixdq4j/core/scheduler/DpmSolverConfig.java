package org.mixdq4j.core.scheduler;

/** {@code DPMSolverMultistepScheduler}, orders 1 to 3. */
final class DpmSolverConfig extends DpmConfig {
    private final DpmSolverTrajectory.Rule rule;

    DpmSolverConfig(Settings settings) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.NEARLY),
                TimestepSpacing.of(settings, "linspace"),
                levels(settings),
                rounds(settings),
                "dpmsolver",
                "dpmsolver++",
                "sde-dpmsolver",
                "sde-dpmsolver++",
                "deis");
        if (algorithm == DpmWeights.Algorithm.NOISE_SDE && order == 3) {
            throw settings.wrong("solver_order", "1 or 2 with the algorithm sde-dpmsolver");
        }
        rule = new DpmSolverTrajectory.Rule(
                algorithm,
                order,
                midpoint,
                settings.flag("lower_order_final", true),
                settings.flag("euler_at_final", false) || lastSigma == 0);
    }

    private static LevelChoice levels(Settings settings) {
        LevelChoice choice = LevelChoice.of(settings);
        // Lu's levels are evenly spaced in their logarithm, and come after Karras' only.
        return settings.flag("use_lu_lambdas", false) && !choice.karras()
                ? new LevelChoice(LevelChoice.Kind.EXPONENTIAL, Double.NaN, Double.NaN)
                : choice;
    }

    private static boolean rounds(Settings settings) {
        boolean cosine = settings.json().path("beta_schedule").asText().equals("squaredcos_cap_v2");
        boolean rounded = settings.flag("use_karras_sigmas", false) || settings.flag("use_lu_lambdas", false);
        return rounded && !cosine;
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas) {
        return new DpmSolverTrajectory(timesteps, sigmas, target(rule.algorithm().noise), rule);
    }
}
