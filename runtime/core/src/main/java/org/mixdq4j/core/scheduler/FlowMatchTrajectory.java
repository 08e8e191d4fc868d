package org.mixdq4j.core.scheduler;

/** Euler's method along the straight paths {@code (1 - sigma) * picture + sigma * noise}; the network gives the velocity. */
final class FlowMatchTrajectory extends Trajectory {
    private final boolean stochastic;

    /** @param stochastic each step goes to the clean sample and back to the next level with fresh noise */
    FlowMatchTrajectory(double[] timesteps, double[] sigmas, boolean stochastic) {
        super(timesteps, sigmas);
        this.stochastic = stochastic;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return stochastic;
    }

    @Override
    double[] clean(float[] modelInput, float[] modelOutput, int step) {
        return new Prediction.Denoiser(1, -sigmas[step]).x0(modelInput, modelOutput);
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        double to = sigmas[step + 1];
        double move = to - sigmas[step];
        double[] x0 = stochastic ? clean(sample, modelOutput, step) : null;
        float[] next = new float[sample.length];
        for (int i = 0; i < next.length; i++) {
            next[i] = (float) (stochastic ? (1 - to) * x0[i] + to * noise[i] : sample[i] + move * modelOutput[i]);
        }
        return next;
    }
}
