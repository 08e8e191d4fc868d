package org.mixdq4j.core.scheduler;

/** Euler steps below the next noise level, topped up to it with fresh noise (k-diffusion's ancestral sampling). */
final class EulerAncestralTrajectory extends SigmaTrajectory {
    EulerAncestralTrajectory(double[] timesteps, double[] sigmas, double initNoiseSigma, Prediction prediction) {
        super(timesteps, sigmas, initNoiseSigma, prediction, X0Limit.NONE);
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return true;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        double added = added(sigmas[step], sigmas[step + 1]);
        double target = under(sigmas[step + 1], added);
        float[] next = along(sample, target - sigmas[step], derivative(sample, modelOutput, step));
        for (int i = 0; i < next.length; i++) {
            next[i] = (float) (next[i] + noise[i] * added);
        }
        return next;
    }
}
