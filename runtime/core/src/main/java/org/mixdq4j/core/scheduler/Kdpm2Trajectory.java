package org.mixdq4j.core.scheduler;

/**
 * k-diffusion's DPM2: an Euler step to a level between, then the whole step along the slope there; as an ancestral sampler
 * the whole step goes below the next level and noise tops it up. The last one, to level 0, is Euler's.
 */
final class Kdpm2Trajectory extends SigmaTrajectory {
    private final boolean ancestral;
    private final StepOrder order = new StepOrder();
    private float[] start;

    /** @param sigmas whole levels at even places, those between at odd ones, and the last sample's */
    Kdpm2Trajectory(
            double[] timesteps, double[] sigmas, double initNoiseSigma, Prediction prediction, boolean ancestral) {
        super(timesteps, sigmas, initNoiseSigma, prediction, X0Limit.NONE);
        this.ancestral = ancestral;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return ancestral && step % 2 != 0;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        order.stage(step);
        double[] slope = derivative(sample, modelOutput, step);
        if (step % 2 == 0) {
            start = sample.clone();
            return along(sample, sigmas[step + 1] - sigmas[step], slope);
        }
        double from = sigmas[step - 1];
        double to = sigmas[step + 1];
        if (!ancestral) {
            return along(start, to - from, slope);
        }
        double added = added(from, to);
        float[] next = along(start, under(to, added) - from, slope);
        for (int i = 0; i < next.length; i++) {
            next[i] = (float) (next[i] + noise[i] * added);
        }
        return next;
    }
}
