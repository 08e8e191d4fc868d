package org.mixdq4j.core.scheduler;

/**
 * Exponential integrators over {@code lambda = log(alpha / noise)}: DPM-Solver, UniPC and DEIS, which integrate estimates of
 * the clean sample, or of the noise, exactly against the exponential weight.
 */
abstract class SolverTrajectory extends Trajectory {
    private final Target target;
    final StepOrder order = new StepOrder();
    final double[] lambdas;

    /**
     * What is integrated.
     *
     * @param noise the noise in place of the clean sample
     */
    record Target(Prediction prediction, X0Limit limit, SignalScale scale, boolean noise) {}

    SolverTrajectory(double[] timesteps, double[] sigmas, Target target) {
        super(timesteps, sigmas);
        this.target = target;
        lambdas = new double[sigmas.length];
        for (int i = 0; i < sigmas.length; i++) {
            lambdas[i] = target.scale.lambda(sigmas[i]);
        }
    }

    @Override
    final double[] clean(float[] modelInput, float[] modelOutput, int step) {
        double[] x0 = target.scale.denoiser(target.prediction, sigmas[step]).x0(modelInput, modelOutput);
        target.limit.apply(x0);
        return x0;
    }

    /** What is integrated, at this step. */
    final double[] estimate(float[] modelOutput, int step, float[] sample) {
        double[] x0 = clean(sample, modelOutput, step);
        if (target.noise) {
            for (int i = 0; i < x0.length; i++) {
                x0[i] = (sample[i] - alpha(step) * x0[i]) / noise(step);
            }
        }
        return x0;
    }

    final boolean integratesNoise() {
        return target.noise;
    }

    final double alpha(int place) {
        return target.scale.alpha(sigmas[place]);
    }

    final double noise(int place) {
        return target.scale.noise(sigmas[place]);
    }

    /** What a sample is multiplied by on its way from one place to another where the estimate is constantly 0. */
    final double kept(int from, int to) {
        return target.noise ? alpha(to) / alpha(from) : noise(to) / noise(from);
    }

    /** {@code keep * sample + sum of weights * estimates}. */
    static float[] combined(double keep, float[] sample, double[] weights, double[][] estimates) {
        float[] next = new float[sample.length];
        for (int i = 0; i < next.length; i++) {
            double sum = keep * sample[i];
            for (int k = 0; k < weights.length; k++) {
                sum += weights[k] * estimates[k][i];
            }
            next[i] = (float) sum;
        }
        return next;
    }
}
