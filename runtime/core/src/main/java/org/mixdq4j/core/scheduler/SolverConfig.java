package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

/**
 * The family of DPM-Solver: steps whose last one ends where the lowest of {@code steps + 1} points would be, whole
 * timesteps, and levels of the variance-preserving schedule or of flow matching.
 */
abstract class SolverConfig implements SchedulerConfig {
    private final String name;
    private final TimestepSpacing spacing;
    private final int offset;
    private final LevelChoice levels;
    private final boolean rounds;
    private final Prediction prediction;
    private final X0Limit limit;
    private final boolean flow;
    final NoiseSchedule noise;
    final float[] table;
    final FlowShift shift;

    /** @param levels how noise levels are chosen @param rounds whether timesteps of chosen levels are rounded or cut */
    SolverConfig(Settings settings, NoiseSchedule noise, TimestepSpacing spacing, LevelChoice levels, boolean rounds) {
        this.name = settings.name();
        this.noise = noise;
        this.table = noise.sigmas();
        this.spacing = spacing;
        this.offset = settings.integer("steps_offset", 0, 0);
        this.levels = levels;
        this.rounds = rounds;
        this.prediction = Prediction.withFlow(settings);
        this.limit = X0Limit.thresholdIfOn(settings);
        this.flow = settings.flag("use_flow_sigmas", false);
        this.shift = FlowShift.of(settings, "flow_shift", needsMu());
        if (flow && !levels.byTimestep() && !karrasOfFlow(levels)) {
            throw new MixdqException(
                    settings.where() + " sets \"use_flow_sigmas\" and noise levels of its own kind, which " + name
                            + " does not combine; unset one of them.");
        }
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, usableSteps() - 1, name);
        if (!levels.byTimestep()) {
            return ofLevels(levels.sigmas(table[table.length - 1], table[0], steps));
        }
        if (flow) {
            double[] sigmas = flowSigmas(steps);
            return trajectory(wholeShares(sigmas), sigmas, lastOfChosen(sigmas));
        }
        return ofTimesteps(spacing.timestepsAboveLast(noise.trainSteps(), usableSteps(), steps, offset));
    }

    private Scheduler ofLevels(double[] sigmas) {
        if (flow) {
            double[] shares = new double[sigmas.length];
            for (int i = 0; i < shares.length; i++) {
                shares[i] = sigmas[i] / (sigmas[i] + 1);
            }
            return trajectory(wholeShares(shares), shares, lastOfChosen(shares));
        }
        double[] timesteps = Sigmas.timestepsOf(sigmas, table);
        for (int i = 0; i < timesteps.length; i++) {
            timesteps[i] = rounds ? Math.rint(timesteps[i]) : Math.floor(timesteps[i]);
        }
        return trajectory(timesteps, sigmas, lastOfChosen(sigmas));
    }

    @Override
    public final Scheduler schedule(double[] timesteps) {
        levels.refuseCustom(name);
        if (flow) {
            throw new UsageException(
                    name + " is configured with use_flow_sigmas, which chooses the timesteps itself; give"
                            + " a number of steps.");
        }
        TimestepSpacing.checkCustom(timesteps, 0, noise.trainSteps() - 1, true, name);
        return ofTimesteps(timesteps.clone());
    }

    private Scheduler ofTimesteps(double[] timesteps) {
        if (timesteps[0] >= noise.trainSteps()) {
            throw new UsageException(name + " would start at timestep " + timesteps[0] + " of " + noise.trainSteps()
                    + "; ask for more steps or lower steps_offset.");
        }
        return trajectory(timesteps, Sigmas.at(timesteps, table), lastByTimestep());
    }

    private double[] wholeShares(double[] sigmas) {
        double[] timesteps = new double[sigmas.length];
        for (int i = 0; i < timesteps.length; i++) {
            timesteps[i] = Math.floor(sigmas[i] * noise.trainSteps());
        }
        return timesteps;
    }

    /** What its trajectories integrate. @param ofNoise the noise in place of the clean sample */
    final SolverTrajectory.Target target(boolean ofNoise) {
        return new SolverTrajectory.Target(
                prediction, limit, flow ? SignalScale.FLOW : SignalScale.VARIANCE_PRESERVING, ofNoise);
    }

    private Scheduler trajectory(double[] timesteps, double[] sigmas, double last) {
        return trajectory(timesteps, Sigmas.endingAt(last, sigmas));
    }

    /** Timesteps from 0 that may be visited. */
    int usableSteps() {
        return noise.trainSteps();
    }

    /** Whether it can do nothing with dynamic shifting where the picture's size is not known. */
    boolean needsMu() {
        return false;
    }

    /** Whether it spreads shares of noise by Karras' levels. */
    boolean karrasOfFlow(LevelChoice choice) {
        return false;
    }

    /** From the greatest share of noise down; numpy's arithmetic, for timesteps are cut to whole ones. */
    double[] flowSigmas(int steps) {
        double stride = (1.0 / noise.trainSteps() - 1) / steps;
        double[] sigmas = new double[steps];
        for (int i = 0; i < steps; i++) {
            double alpha = i == 0 ? 1.0 / noise.trainSteps() : (steps - i) * stride + 1;
            sigmas[i] = shift.factor() * (1 - alpha) / (1 + (shift.factor() - 1) * (1 - alpha));
        }
        return sigmas;
    }

    /** The level after the last step where levels follow from timesteps. */
    abstract double lastByTimestep();

    /** The level after the last step where levels were chosen by themselves. */
    abstract double lastOfChosen(double[] sigmas);

    /** @param sigmas one more than timesteps, rounded */
    abstract Scheduler trajectory(double[] timesteps, double[] sigmas);
}
