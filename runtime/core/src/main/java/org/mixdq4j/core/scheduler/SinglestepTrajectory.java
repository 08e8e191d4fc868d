package org.mixdq4j.core.scheduler;

/**
 * DPM-Solver's single-step form: steps come in groups of rising order, each of which starts again from the sample the
 * group began with.
 */
final class SinglestepTrajectory extends SolverTrajectory {
    private final DpmWeights.Algorithm algorithm;
    private final boolean midpoint;
    /** Of each step. */
    private final int[] orders;

    /** Estimates of the last steps, the newest first. */
    private final double[][] estimates = new double[3][];

    private int known;
    private float[] start;

    SinglestepTrajectory(
            double[] timesteps,
            double[] sigmas,
            Target target,
            DpmWeights.Algorithm algorithm,
            boolean midpoint,
            int[] orders) {
        super(timesteps, sigmas, target);
        this.algorithm = algorithm;
        this.midpoint = midpoint;
        this.orders = orders;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return algorithm.sde;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        if (order.begins(step)) {
            known = 0;
        }
        estimates[2] = estimates[1];
        estimates[1] = estimates[0];
        estimates[0] = estimate(modelOutput, step, sample);
        known = Math.min(known + 1, 3);
        int taken = Math.min(orders[step], known);
        if (taken == 1) {
            start = sample.clone();
        }
        int from = step - taken + 1;
        double h = lambdas[step + 1] - lambdas[from];
        DpmWeights weights = DpmWeights.of(algorithm, midpoint, h, alpha(step + 1), noise(step + 1));
        double keep = kept(from, step + 1);
        double kept = algorithm.sde && !algorithm.noise ? keep * Math.exp(-h) : keep;
        float[] next = combined(kept, start, factors(taken, step, h, weights), estimates);
        if (algorithm.sde) {
            double added = noise(step + 1) == 0 ? 0 : noise(step + 1) * DpmSolverTrajectory.addedShare(algorithm, h);
            for (int i = 0; i < next.length; i++) {
                next[i] = (float) (next[i] + added * noise[i]);
            }
        }
        return next;
    }

    /** What each remembered estimate contributes; derivatives are taken where the group began. */
    private double[] factors(int taken, int step, double h, DpmWeights weights) {
        double value = weights.value();
        if (taken == 1) {
            return new double[] {value};
        }
        int from = step - taken + 1;
        double r0 = (lambdas[step] - lambdas[from]) / h;
        if (taken == 2) {
            double along = weights.second() / r0;
            return new double[] {along, value - along};
        }
        double slope = weights.slope();
        if (midpoint) {
            return new double[] {slope / r0, 0, value - slope / r0};
        }
        double r1 = (lambdas[step - 1] - lambdas[from]) / h;
        // D1 = (r0 * a - r1 * b) / (r0 - r1), D2 = 2 (b - a) / (r0 - r1), a = (m1 - m2) / r1, b = (m0 - m2) / r0
        double ofB = (-slope * r1 + 2 * weights.curve()) / (r0 - r1) / r0;
        double ofA = (slope * r0 - 2 * weights.curve()) / (r0 - r1) / r1;
        return new double[] {ofB, ofA, value - ofA - ofB};
    }
}
