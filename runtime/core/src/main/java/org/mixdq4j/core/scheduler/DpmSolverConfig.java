package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.MixdqException;

/** {@code DPMSolverMultistepScheduler}, orders 1 to 3. */
final class DpmSolverConfig extends SolverConfig {
    private static final String ALGORITHM = "algorithm_type";

    private final double lastSigma;
    private final int usableSteps;
    private final DpmSolverTrajectory.Rule rule;

    DpmSolverConfig(Settings settings) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.NEARLY),
                TimestepSpacing.of(settings, "linspace"),
                levels(settings),
                rounds(settings));
        DpmWeights.Algorithm algorithm = DpmWeights.Algorithm.of(
                settings, "dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++", "deis");
        lastSigma = lastSigma(settings, algorithm, table);
        usableSteps = usableSteps(settings, noise);
        int order = order(settings);
        if (algorithm == DpmWeights.Algorithm.NOISE_SDE && order == 3) {
            throw settings.wrong("solver_order", "1 or 2 with the algorithm sde-dpmsolver");
        }
        rule = new DpmSolverTrajectory.Rule(
                algorithm,
                order,
                midpoint(settings),
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

    /** The level after the last step, as {@code final_sigmas_type} says. */
    static double lastSigma(Settings settings, DpmWeights.Algorithm algorithm, float[] table) {
        boolean zero =
                settings.word("final_sigmas_type", "zero", "zero", "sigma_min").equals("zero");
        if (zero && algorithm.noise) {
            throw new MixdqException(settings.where() + " sets \"" + ALGORITHM + "\" to " + algorithm.word
                    + ", with which "
                    + settings.name() + " cannot end at level zero; set \"final_sigmas_type\" to \"sigma_min\", or the"
                    + " algorithm to dpmsolver++.");
        }
        return zero ? 0 : table[0];
    }

    static int order(Settings settings) {
        int order = settings.integer("solver_order", 2, 1);
        if (order > 3) {
            throw settings.wrong("solver_order", "1, 2 or 3");
        }
        return order;
    }

    static boolean midpoint(Settings settings) {
        settings.unsupported("variance_type");
        // diffusers reads other samplers' names for the solver as midpoint.
        return !settings.word("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2")
                .equals("heun");
    }

    /** Timesteps from 0 below which lambda is not clipped away. */
    static int usableSteps(Settings settings, NoiseSchedule noise) {
        double least = settings.number("lambda_min_clipped", Double.NEGATIVE_INFINITY);
        double[] lambdas = noise.lambdas();
        int usable = lambdas.length;
        while (usable > 0 && lambdas[usable - 1] < least) {
            usable--;
        }
        return usable;
    }

    @Override
    int usableSteps() {
        return usableSteps;
    }

    @Override
    double lastByTimestep() {
        return lastSigma;
    }

    @Override
    double lastOfChosen(double[] sigmas) {
        return lastSigma;
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas) {
        return new DpmSolverTrajectory(timesteps, sigmas, target(rule.algorithm().noise), rule);
    }
}
