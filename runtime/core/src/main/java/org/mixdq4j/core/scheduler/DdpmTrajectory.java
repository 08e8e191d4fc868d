package org.mixdq4j.core.scheduler;

/** Ho et al., "Denoising diffusion probabilistic models", equation 7, over a subset of timesteps. */
final class DdpmTrajectory extends AlphaBarTrajectory {
    private static final double LEAST_VARIANCE = 1e-20;

    /** The variance of the noise a step adds. */
    enum Variance {
        /** That of the posterior: the least there can be. */
        POSTERIOR,
        /** That of the step of training: the most there can be. */
        BETA
    }

    private final Variance variance;

    DdpmTrajectory(
            double[] timesteps,
            double[] alphaBars,
            double[] nextAlphaBars,
            Prediction prediction,
            X0Limit limit,
            Variance variance) {
        super(timesteps, alphaBars, nextAlphaBars, prediction, limit);
        this.variance = variance;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return timesteps[step] > 0;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        double bar = alphaBars[step];
        double next = nextAlphaBars[step];
        double beta = 1 - bar / next;
        double ofX0 = Math.sqrt(next) * beta / (1 - bar);
        double ofSample = Math.sqrt(bar / next) * (1 - next) / (1 - bar);
        double posterior = Math.max((1 - next) / (1 - bar) * beta, LEAST_VARIANCE);
        double deviation = addsNoise(step) ? Math.sqrt(variance == Variance.BETA ? beta : posterior) : 0;
        double[] x0 = clean(sample, modelOutput, step);
        float[] result = new float[sample.length];
        for (int i = 0; i < result.length; i++) {
            double mean = ofX0 * x0[i] + ofSample * sample[i];
            result[i] = (float) (deviation == 0 ? mean : mean + deviation * noise[i]);
        }
        return result;
    }
}
