package org.mixdq4j.core.scheduler;

/** Euler steps below the next noise level, topped up to it with fresh noise (k-diffusion's ancestral sampling). */
final class EulerAncestralTrajectory extends EulerTrajectory {
    EulerAncestralTrajectory(double[] timesteps, double[] sigmas, double initNoiseSigma, Prediction prediction) {
        super(timesteps, sigmas, initNoiseSigma, prediction);
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return true;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        double from = sigmas[step];
        double to = sigmas[step + 1];
        double added = to * Math.sqrt((from * from - to * to) / (from * from));
        double target = Math.sqrt(to * to - added * added);
        float[] next = towards(target, modelOutput, step, sample);
        for (int i = 0; i < next.length; i++) {
            next[i] = (float) (next[i] + noise[i] * added);
        }
        return next;
    }
}
