package org.mixdq4j.core.scheduler;

/** An Euler step along the velocity, then the same step again along the mean of the velocities at both its ends. */
final class FlowHeunTrajectory extends Trajectory {
    private final StepOrder order = new StepOrder();
    private float[] start;
    private float[] velocity;

    /** @param sigmas the levels the network reads: the first once, the others twice, and the last sample's */
    FlowHeunTrajectory(double[] timesteps, double[] sigmas) {
        super(timesteps, sigmas);
    }

    @Override
    double[] clean(float[] modelInput, float[] modelOutput, int step) {
        return new Prediction.Denoiser(1, -sigmas[step]).x0(modelInput, modelOutput);
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        order.stage(step);
        boolean first = step % 2 == 0;
        if (first) {
            start = sample.clone();
            velocity = modelOutput.clone();
        }
        double move = first ? sigmas[step + 1] - sigmas[step] : sigmas[step] - sigmas[step - 1];
        float[] next = new float[sample.length];
        for (int i = 0; i < next.length; i++) {
            next[i] = (float) (start[i] + move * ((double) velocity[i] + modelOutput[i]) / 2);
        }
        return next;
    }
}
