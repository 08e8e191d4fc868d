package org.mixdq4j.core.scheduler;

/**
 * k-diffusion's stochastic DPM-Solver++ (Lu et al., 2211.01095): an ancestral step to the level halfway in its logarithm,
 * then the whole step with the estimate from there. Both add Brownian noise: that of the whole step consists of that of
 * its two halves.
 */
final class SdeTrajectory extends SigmaTrajectory {
    private final StepOrder order = new StepOrder();
    private float[] start;
    private float[] firstNoise;

    /** @param sigmas whole levels at even places, those between at odd ones, and the last sample's, 0 */
    SdeTrajectory(double[] timesteps, double[] sigmas, double initNoiseSigma, Prediction prediction) {
        super(timesteps, sigmas, initNoiseSigma, prediction, X0Limit.NONE);
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return sigmas[step + 1] > 0;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        order.stage(step);
        double[] x0 = x0(sample, modelOutput, step);
        if (step % 2 == 0) {
            start = sample.clone();
            firstNoise = noise == null ? null : noise.clone();
            return ancestral(sample, x0, sigmas[step], sigmas[step + 1], noise);
        }
        double from = sigmas[step - 1];
        double to = sigmas[step + 1];
        double first = Math.sqrt((from - sigmas[step]) / (from - to));
        double second = Math.sqrt((sigmas[step] - to) / (from - to));
        float[] whole = new float[noise.length];
        for (int i = 0; i < whole.length; i++) {
            whole[i] = (float) (first * firstNoise[i] + second * noise[i]);
        }
        return ancestral(start, x0, from, to, whole);
    }

    private static float[] ancestral(float[] sample, double[] x0, double from, double to, float[] noise) {
        double added = to == 0 ? 0 : Math.min(to, added(from, to));
        double keep = under(to, added) / from;
        float[] next = new float[sample.length];
        for (int i = 0; i < next.length; i++) {
            double mean = keep * sample[i] + (1 - keep) * x0[i];
            next[i] = (float) (added == 0 ? mean : mean + noise[i] * added);
        }
        return next;
    }
}
