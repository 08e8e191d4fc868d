package org.mixdq4j.core.scheduler;

/**
 * Heun's method in sigma (Karras et al., 2206.00364, algorithm 1): an Euler step, then the same step again along the mean
 * of the slopes at both its ends. The last one, to level 0, is Euler's.
 */
final class HeunTrajectory extends SigmaTrajectory {
    private final StepOrder order = new StepOrder();
    private float[] start;
    private double[] slope;

    /** @param sigmas the levels the network reads: the first once, the others twice, and the last sample's */
    HeunTrajectory(double[] timesteps, double[] sigmas, double initNoiseSigma, Prediction prediction, X0Limit limit) {
        super(timesteps, sigmas, initNoiseSigma, prediction, limit);
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        order.stage(step);
        double[] here = derivative(sample, modelOutput, step);
        if (step % 2 == 0) {
            start = sample.clone();
            slope = here;
            return along(sample, sigmas[step + 1] - sigmas[step], here);
        }
        for (int i = 0; i < here.length; i++) {
            here[i] = (slope[i] + here[i]) / 2;
        }
        return along(start, sigmas[step] - sigmas[step - 1], here);
    }
}
