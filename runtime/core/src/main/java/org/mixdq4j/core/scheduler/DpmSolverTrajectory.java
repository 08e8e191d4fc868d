package org.mixdq4j.core.scheduler;

/**
 * Lu et al., "DPM-Solver++" (2211.01095): the x0 estimate is extrapolated over {@code lambda = log(alpha / sigma)} from
 * up to three steps and integrated exactly against the exponential weight.
 */
final class DpmSolverTrajectory extends Trajectory {
    private static final int FEW_STEPS = 15;

    /**
     * How the order of each step is chosen.
     *
     * @param heun second order from Heun's expansion in place of the midpoint's
     * @param lowersLast with fewer than 15 steps, the last two steps are of order 1 and at most 2
     * @param eulerAtLast the last step is of order 1 whatever the number of steps
     */
    record Rule(Prediction prediction, int order, boolean heun, boolean lowersLast, boolean eulerAtLast) {}

    private final Rule rule;
    private final double[] lambdas;
    /** x0 estimates of the last steps, the newest first. */
    private final double[][] estimates = new double[3][];

    private int known;
    private int expectedStep = -1;

    DpmSolverTrajectory(double[] timesteps, double[] sigmas, Rule rule) {
        super(timesteps, sigmas);
        this.rule = rule;
        lambdas = new double[sigmas.length];
        for (int i = 0; i < sigmas.length; i++) {
            // In the scaling sample = alpha * (x0 + sigma * noise), alpha / sigma_scaled is 1 / sigma; infinite at 0.
            lambdas[i] = -Math.log(sigmas[i]);
        }
    }

    @Override
    Estimate estimate(int step) {
        double alpha = alpha(sigmas[step]);
        Prediction.Denoiser denoiser = rule.prediction.variancePreserving(alpha, alpha * sigmas[step]);
        return denoiser::x0;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        remember(modelOutput, step, sample);
        int order = Math.min(Math.min(rule.order, known), permittedOrder(step));
        double alpha = alpha(sigmas[step + 1]);
        double keep = alpha * sigmas[step + 1] / (alpha(sigmas[step]) * sigmas[step]);
        double h = lambdas[step + 1] - lambdas[step];
        double[] weights = weights(order, step, h);
        float[] next = new float[sample.length];
        for (int i = 0; i < next.length; i++) {
            double x0 = 0;
            for (int k = 0; k < order; k++) {
                x0 += weights[k] * estimates[k][i];
            }
            next[i] = (float) (keep * sample[i] + alpha * x0);
        }
        return next;
    }

    private void remember(float[] modelOutput, int step, float[] sample) {
        if (step == 0 || expectedStep < 0) {
            known = 0;
        } else if (step != expectedStep) {
            throw new IllegalStateException(
                    "step " + step + " of a multistep trajectory was asked for where step " + expectedStep + " is due");
        }
        expectedStep = step + 1;
        double alpha = alpha(sigmas[step]);
        Prediction.Denoiser denoiser = rule.prediction.variancePreserving(alpha, alpha * sigmas[step]);
        double[] x0 = new double[sample.length];
        for (int i = 0; i < x0.length; i++) {
            x0[i] = denoiser.x0(sample[i], modelOutput[i]);
        }
        estimates[2] = estimates[1];
        estimates[1] = estimates[0];
        estimates[0] = x0;
        known = Math.min(known + 1, rule.order);
    }

    private int permittedOrder(int step) {
        boolean few = timesteps.length < FEW_STEPS && rule.lowersLast;
        if (step == timesteps.length - 1 && (few || rule.eulerAtLast)) {
            return 1;
        }
        return step == timesteps.length - 2 && few ? 2 : 3;
    }

    /** What each remembered x0 contributes, from the differences that stand for x0's derivatives in lambda. */
    private double[] weights(int order, int step, double h) {
        double value = -Math.expm1(-h);
        if (order == 1 || h == 0) {
            return new double[] {value, 0, 0};
        }
        double slope = 1 - value / h;
        double r0 = (lambdas[step] - lambdas[step - 1]) / h;
        if (order == 2) {
            double along = (rule.heun ? slope : value / 2) / r0;
            return new double[] {value + along, -along};
        }
        double r1 = (lambdas[step - 1] - lambdas[step - 2]) / h;
        double curve = (value - h) / (h * h) + 0.5;
        // first = slope weight of D1 = d0 + r0 / (r0 + r1) * (d0 - d1), second = that of D2 = (d0 - d1) / (r0 + r1)
        double bend = (slope * r0 + curve) / (r0 + r1);
        double newer = (slope + bend) / r0;
        double older = -bend / r1;
        return new double[] {value + newer, older - newer, -older};
    }

    private static double alpha(double sigma) {
        return 1 / Math.sqrt(sigma * sigma + 1);
    }
}
