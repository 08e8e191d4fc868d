package org.mixdq4j.core.scheduler;

import java.util.Set;

/**
 * Zhao et al., "UniPC" (2302.04867): a predictor of the order of the steps remembered, and a corrector that redoes the last
 * step once the network's output at its end is known.
 */
final class UniPcTrajectory extends SolverTrajectory {
    /**
     * @param order the most steps remembered
     * @param expm1 B(h) is {@code exp(h) - 1} ("bh2") in place of {@code h} ("bh1")
     * @param lowersLast orders fall towards the last step
     * @param uncorrected steps that the corrector leaves alone
     */
    record Rule(int order, boolean expm1, boolean lowersLast, Set<Integer> uncorrected) {}

    private final Rule rule;
    /** Estimates of the last steps, the newest first. */
    private final double[][] estimates;

    private int known;
    private int lastOrder;
    private float[] lastSample;

    UniPcTrajectory(double[] timesteps, double[] sigmas, Target target, Rule rule) {
        super(timesteps, sigmas, target);
        this.rule = rule;
        estimates = new double[rule.order + 1][];
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        boolean begins = order.begins(step);
        if (begins) {
            known = 0;
        }
        double[] estimate = estimate(modelOutput, step, sample);
        float[] corrected = begins || rule.uncorrected.contains(step - 1) ? sample : corrected(estimate, step);
        System.arraycopy(estimates, 0, estimates, 1, rule.order);
        estimates[0] = estimate;
        known = Math.min(known + 1, rule.order);
        int left = timesteps.length - step;
        boolean toZero = sigmas[step + 1] == 0;
        lastOrder = toZero ? 1 : Math.min(known, rule.lowersLast ? Math.min(rule.order, left) : rule.order);
        lastSample = corrected.clone();
        return predicted(corrected, step);
    }

    private float[] predicted(float[] sample, int step) {
        Step over = new Step(step, step + 1, lastOrder);
        double[] rhos = lastOrder == 2 ? new double[] {0.5} : over.solve(lastOrder - 1);
        double[] weights = new double[lastOrder];
        weights[0] = over.constant;
        for (int i = 0; i < lastOrder - 1; i++) {
            double weight = over.factor * rhos[i] / over.ratios[i];
            weights[i + 1] = weight;
            weights[0] -= weight;
        }
        return combined(kept(step, step + 1), sample, weights, estimates);
    }

    /** The last step once more, with the estimate at its end. */
    private float[] corrected(double[] estimate, int step) {
        Step over = new Step(step - 1, step, lastOrder);
        double[] rhos = lastOrder == 1 ? new double[] {0.5} : over.solve(lastOrder);
        double[] weights = new double[lastOrder + 1];
        double[][] all = new double[lastOrder + 1][];
        all[0] = estimate;
        System.arraycopy(estimates, 0, all, 1, lastOrder);
        weights[0] = over.factor * rhos[lastOrder - 1];
        weights[1] = over.constant - weights[0];
        for (int i = 0; i < lastOrder - 1; i++) {
            double weight = over.factor * rhos[i] / over.ratios[i];
            weights[i + 2] = weight;
            weights[1] -= weight;
        }
        return combined(kept(step - 1, step), lastSample, weights, all);
    }

    /** The coefficients of one step; {@code ratios} place the remembered steps relative to it, and its own end is at 1. */
    private final class Step {
        final double constant;
        final double factor;
        final double[] ratios;
        private final double signedStep;
        private final double b;

        Step(int from, int to, int taken) {
            double h = lambdas[to] - lambdas[from];
            signedStep = integratesNoise() ? h : -h;
            double scale = integratesNoise() ? noise(to) : alpha(to);
            constant = -scale * Math.expm1(signedStep);
            b = rule.expm1 ? Math.expm1(signedStep) : signedStep;
            factor = -scale * b;
            ratios = new double[taken];
            for (int i = 0; i < taken - 1; i++) {
                ratios[i] = (lambdas[from - i - 1] - lambdas[from]) / h;
            }
            ratios[taken - 1] = 1;
        }

        /** Solves the first {@code count} conditions of order for as many factors. */
        double[] solve(int count) {
            double[][] rows = new double[count][count + 1];
            double phi = Math.expm1(signedStep) / signedStep - 1;
            double factorial = 1;
            for (int i = 0; i < count; i++) {
                for (int k = 0; k < count; k++) {
                    rows[i][k] = Math.pow(ratios[k], i);
                }
                rows[i][count] = phi * factorial / b;
                factorial *= i + 2;
                phi = phi / signedStep - 1 / factorial;
            }
            return eliminate(rows);
        }
    }

    /** Gauss with pivots; the systems are of one to three unknowns. */
    private static double[] eliminate(double[][] rows) {
        int count = rows.length;
        for (int column = 0; column < count; column++) {
            int pivot = column;
            for (int row = column + 1; row < count; row++) {
                if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) {
                    pivot = row;
                }
            }
            double[] swapped = rows[column];
            rows[column] = rows[pivot];
            rows[pivot] = swapped;
            for (int row = 0; row < count; row++) {
                if (row != column) {
                    double times = rows[row][column] / rows[column][column];
                    for (int k = column; k <= count; k++) {
                        rows[row][k] -= times * rows[column][k];
                    }
                }
            }
        }
        double[] solution = new double[count];
        for (int i = 0; i < count; i++) {
            solution[i] = rows[i][count] / rows[i][i];
        }
        return solution;
    }
}
