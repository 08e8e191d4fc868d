package org.mixdq4j.core.scheduler;

/** Euler's method on the probability-flow ODE in sigma (Karras et al., 2206.00364, algorithm 2 without churn). */
final class EulerTrajectory extends SigmaTrajectory {
    EulerTrajectory(double[] timesteps, double[] sigmas, double initNoiseSigma, Prediction prediction) {
        super(timesteps, sigmas, initNoiseSigma, prediction, X0Limit.NONE);
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        return along(sample, sigmas[step + 1] - sigmas[step], derivative(sample, modelOutput, step));
    }
}
