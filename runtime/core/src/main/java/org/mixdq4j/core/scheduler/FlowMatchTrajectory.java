package org.mixdq4j.core.scheduler;

/** Euler's method along the straight paths {@code (1 - sigma) * picture + sigma * noise}; the network gives the velocity. */
final class FlowMatchTrajectory extends Trajectory {
    FlowMatchTrajectory(double[] timesteps, double[] sigmas) {
        super(timesteps, sigmas);
    }

    @Override
    Estimate estimate(int step) {
        return (input, output) -> input - sigmas[step] * output;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        double move = sigmas[step + 1] - sigmas[step];
        float[] next = new float[sample.length];
        for (int i = 0; i < next.length; i++) {
            next[i] = (float) (sample[i] + move * modelOutput[i]);
        }
        return next;
    }
}
