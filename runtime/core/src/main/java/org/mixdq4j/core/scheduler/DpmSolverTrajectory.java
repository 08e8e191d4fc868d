package org.mixdq4j.core.scheduler;

/**
 * Lu et al., "DPM-Solver++" (2211.01095), multistep: the estimate is extrapolated over lambda from up to three steps. As an
 * SDE each step adds noise.
 */
final class DpmSolverTrajectory extends SolverTrajectory {
    private static final int FEW_STEPS = 15;

    /**
     * How the order of each step is chosen.
     *
     * @param midpoint second order from the midpoint's expansion in place of Heun's
     * @param lowersLast with fewer than 15 steps, the last two steps are of order 1 and at most 2
     * @param eulerAtLast the last step is of order 1 whatever the number of steps
     */
    record Rule(DpmWeights.Algorithm algorithm, int order, boolean midpoint, boolean lowersLast, boolean eulerAtLast) {}

    private final Rule rule;
    /** Estimates of the last steps, the newest first. */
    private final double[][] estimates = new double[3][];

    private int known;

    DpmSolverTrajectory(double[] timesteps, double[] sigmas, Target target, Rule rule) {
        super(timesteps, sigmas, target);
        this.rule = rule;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return rule.algorithm.sde;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        if (order.begins(step)) {
            known = 0;
        }
        estimates[2] = estimates[1];
        estimates[1] = estimates[0];
        estimates[0] = estimate(modelOutput, step, sample);
        known = Math.min(known + 1, rule.order);
        double h = lambdas[step + 1] - lambdas[step];
        DpmWeights weights = DpmWeights.of(rule.algorithm, rule.midpoint, h, alpha(step + 1), noise(step + 1));
        double keep = kept(step, step + 1);
        if (!rule.algorithm.sde) {
            return combined(keep, sample, factors(step, h, weights), estimates);
        }
        double kept = rule.algorithm.noise ? keep : keep * Math.exp(-h);
        float[] next = combined(kept, sample, factors(step, h, weights), estimates);
        double added = noise(step + 1) == 0 ? 0 : noise(step + 1) * addedShare(rule.algorithm, h);
        for (int i = 0; i < next.length; i++) {
            next[i] = (float) (next[i] + added * noise[i]);
        }
        return next;
    }

    /** Deviation of the noise a step of the SDE adds, relative to that of the level it ends at. */
    static double addedShare(DpmWeights.Algorithm algorithm, double h) {
        return Math.sqrt(algorithm.noise ? Math.expm1(2 * h) : -Math.expm1(-2 * h));
    }

    private int permittedOrder(int step) {
        boolean few = timesteps.length < FEW_STEPS && rule.lowersLast;
        if (step == timesteps.length - 1 && (few || rule.eulerAtLast)) {
            return 1;
        }
        return step == timesteps.length - 2 && few ? 2 : 3;
    }

    /** What each remembered estimate contributes, from the differences that stand for derivatives in lambda. */
    private double[] factors(int step, double h, DpmWeights weights) {
        int taken = Math.min(known, permittedOrder(step));
        double value = weights.value();
        if (taken == 1 || h == 0) {
            return new double[] {value};
        }
        double r0 = (lambdas[step] - lambdas[step - 1]) / h;
        if (taken == 2) {
            double along = weights.second() / r0;
            return new double[] {value + along, -along};
        }
        double r1 = (lambdas[step - 1] - lambdas[step - 2]) / h;
        double slope = weights.slope();
        // first = slope weight of D1 = d0 + r0 / (r0 + r1) * (d0 - d1), second = that of D2 = (d0 - d1) / (r0 + r1)
        double bend = (slope * r0 + weights.curve()) / (r0 + r1);
        double newer = (slope + bend) / r0;
        double older = -bend / r1;
        return new double[] {value + newer, older - newer, -older};
    }
}
