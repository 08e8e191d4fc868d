package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.MixdqException;

/** What DPM-Solver's two forms, multistep and singlestep, have in common. */
abstract class DpmConfig extends SolverConfig {
    final DpmWeights.Algorithm algorithm;
    final double lastSigma;
    final int order;
    final boolean midpoint;
    private final int usableSteps;

    /** @param words algorithms this form has */
    DpmConfig(
            Settings settings,
            NoiseSchedule noise,
            TimestepSpacing spacing,
            LevelChoice levels,
            boolean rounds,
            String... words) {
        super(settings, noise, spacing, levels, rounds);
        algorithm = DpmWeights.Algorithm.of(settings, words);
        lastSigma = lastSigma(settings);
        usableSteps = usableSteps(settings);
        order = order(settings);
        midpoint = midpoint(settings);
    }

    /** The level after the last step, as {@code final_sigmas_type} says. */
    private double lastSigma(Settings settings) {
        boolean zero =
                settings.word("final_sigmas_type", "zero", "zero", "sigma_min").equals("zero");
        if (zero && algorithm.noise) {
            throw new MixdqException(settings.where() + " sets \"algorithm_type\" to " + algorithm.word
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

    private static boolean midpoint(Settings settings) {
        settings.unsupported("variance_type");
        // diffusers reads other samplers' names for the solver as midpoint.
        return !settings.word("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2")
                .equals("heun");
    }

    /** Timesteps from 0 below which lambda is not clipped away. */
    private int usableSteps(Settings settings) {
        double least = settings.number("lambda_min_clipped", Double.NEGATIVE_INFINITY);
        double[] lambdas = noise.lambdas();
        int usable = lambdas.length;
        while (usable > 0 && lambdas[usable - 1] < least) {
            usable--;
        }
        return usable;
    }

    @Override
    final int usableSteps() {
        return usableSteps;
    }

    @Override
    final double lastByTimestep() {
        return lastSigma;
    }

    @Override
    final double lastOfChosen(double[] sigmas) {
        return lastSigma;
    }
}
