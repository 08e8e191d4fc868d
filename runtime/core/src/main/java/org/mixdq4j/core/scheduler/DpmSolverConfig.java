package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.UsageException;

/** {@code DPMSolverMultistepScheduler} with the algorithm {@code dpmsolver++}, orders 1 to 3. */
final class DpmSolverConfig implements SchedulerConfig {
    private final String name;
    private final NoiseSchedule noise;
    private final float[] table;
    private final TimestepSpacing spacing;
    private final int offset;
    private final KarrasRange karras;
    private final boolean roundsKarrasTimesteps;
    private final double lastSigma;
    /** Timesteps from 0 below which lambda is not clipped away. */
    private final int usableSteps;

    private final DpmSolverTrajectory.Rule rule;

    DpmSolverConfig(Settings settings) {
        name = settings.name();
        settings.word("algorithm_type", "dpmsolver++", "dpmsolver++", "deis");
        settings.unsupported(
                "thresholding",
                "use_exponential_sigmas",
                "use_beta_sigmas",
                "use_lu_lambdas",
                "use_flow_sigmas",
                "use_dynamic_shifting",
                "variance_type");
        noise = NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, true);
        table = noise.sigmas();
        spacing = TimestepSpacing.of(settings, "linspace");
        offset = settings.integer("steps_offset", 0, 0);
        karras = KarrasRange.of(settings);
        roundsKarrasTimesteps = !settings.json().path("beta_schedule").asText().equals("squaredcos_cap_v2");
        boolean endsAtZero =
                settings.word("final_sigmas_type", "zero", "zero", "sigma_min").equals("zero");
        lastSigma = endsAtZero ? 0 : table[0];
        usableSteps = usableSteps(settings.number("lambda_min_clipped", Double.NEGATIVE_INFINITY));
        String solver = settings.word("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2");
        int order = settings.integer("solver_order", 2, 1);
        if (order > 3) {
            throw settings.wrong("solver_order", "1, 2 or 3");
        }
        rule = new DpmSolverTrajectory.Rule(
                Prediction.of(settings),
                order,
                // diffusers reads other samplers' names for the solver as midpoint.
                solver.equals("heun"),
                settings.flag("lower_order_final", true),
                settings.flag("euler_at_final", false) || endsAtZero);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, usableSteps - 1, name);
        if (karras != null) {
            double[] sigmas = karras.sigmas(table[table.length - 1], table[0], steps);
            double[] timesteps = Sigmas.timestepsOf(sigmas, table);
            for (int i = 0; i < steps; i++) {
                timesteps[i] = roundsKarrasTimesteps ? Math.rint(timesteps[i]) : Math.floor(timesteps[i]);
            }
            return new DpmSolverTrajectory(timesteps, Sigmas.endingAt(lastSigma, sigmas), rule);
        }
        return trajectory(spacing.timestepsAboveLast(noise.trainSteps(), usableSteps, steps, offset));
    }

    @Override
    public Scheduler schedule(double[] timesteps) {
        KarrasRange.refuseCustom(karras, name);
        TimestepSpacing.checkCustom(timesteps, 0, noise.trainSteps() - 1, true, name);
        return trajectory(timesteps.clone());
    }

    private Scheduler trajectory(double[] timesteps) {
        if (timesteps[0] >= noise.trainSteps()) {
            throw new UsageException(name + " would start at timestep " + timesteps[0] + " of " + noise.trainSteps()
                    + "; ask for more steps or lower steps_offset.");
        }
        return new DpmSolverTrajectory(timesteps, Sigmas.endingAt(lastSigma, Sigmas.at(timesteps, table)), rule);
    }

    private int usableSteps(double leastLambda) {
        int usable = table.length;
        double[] lambdas = noise.lambdas();
        while (usable > 0 && lambdas[usable - 1] < leastLambda) {
            usable--;
        }
        return usable;
    }
}
