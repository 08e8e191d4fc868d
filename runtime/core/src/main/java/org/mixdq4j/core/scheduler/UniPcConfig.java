package org.mixdq4j.core.scheduler;

import java.util.HashSet;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;

/** {@code UniPCMultistepScheduler}. */
final class UniPcConfig extends SolverConfig {
    /** At a share of noise of 1 lambda is infinite. */
    private static final double EDGE = 1e-6;

    private final boolean integratesNoise;
    private final boolean endsAtZero;
    private final double terminal;
    private final UniPcTrajectory.Rule rule;

    UniPcConfig(Settings settings) {
        super(
                settings,
                NoiseSchedule.of(settings, NoiseSchedule.Defaults.DDPM, NoiseSchedule.ZeroSnr.NEARLY),
                TimestepSpacing.of(settings, "linspace"),
                LevelChoice.of(settings),
                settings.flag("use_karras_sigmas", false));
        settings.unsupported("solver_p");
        integratesNoise = !settings.flag("predict_x0", true);
        endsAtZero =
                settings.word("final_sigmas_type", "zero", "zero", "sigma_min").equals("zero");
        if (integratesNoise && endsAtZero) {
            throw new MixdqException(
                    settings.where() + " sets \"predict_x0\" to false, with which " + settings.name()
                            + " cannot end at level zero; set \"final_sigmas_type\" to \"sigma_min\", or \"predict_x0\" to true.");
        }
        terminal = settings.number("shift_terminal", 0);
        if (terminal != 0 && !settings.flag("use_flow_sigmas", false)) {
            throw settings.wrong("shift_terminal", "it with \"use_flow_sigmas\" alone");
        }
        // Other samplers' names for the solver are read as bh2.
        boolean bh2 = !settings.word("solver_type", "bh2", "bh1", "bh2", "midpoint", "heun", "logrho")
                .equals("bh1");
        Set<Integer> uncorrected = new HashSet<>();
        for (float step : settings.has("disable_corrector") ? settings.list("disable_corrector") : new float[0]) {
            uncorrected.add((int) step);
        }
        rule = new UniPcTrajectory.Rule(
                settings.integer("solver_order", 2, 1), bh2, settings.flag("lower_order_final", true), uncorrected);
        if (rule.order() > 6) {
            throw settings.wrong("solver_order", "1 to 6");
        }
    }

    @Override
    boolean needsMu() {
        return true;
    }

    @Override
    boolean karrasOfFlow(LevelChoice choice) {
        return choice.karras();
    }

    @Override
    double[] flowSigmas(int steps) {
        double stride = (1.0 / noise.trainSteps() - 1) / steps;
        double[] sigmas = new double[steps];
        for (int i = 0; i < steps; i++) {
            sigmas[i] = shift.of(i * stride + 1);
        }
        FlowShift.stretch(sigmas, terminal);
        if (Math.abs(sigmas[0] - 1) < EDGE) {
            sigmas[0] -= EDGE;
        }
        return sigmas;
    }

    @Override
    double lastByTimestep() {
        return endsAtZero ? 0 : table[0];
    }

    @Override
    double lastOfChosen(double[] sigmas) {
        return endsAtZero ? 0 : sigmas[sigmas.length - 1];
    }

    @Override
    Scheduler trajectory(double[] timesteps, double[] sigmas) {
        return new UniPcTrajectory(timesteps, sigmas, target(integratesNoise), rule);
    }
}
