package org.mixdq4j.core.scheduler;

/** Song et al., "Denoising diffusion implicit models", equations 12 and 16. */
final class DdimTrajectory extends AlphaBarTrajectory {
    private final double eta;

    DdimTrajectory(
            double[] timesteps,
            double[] alphaBars,
            double[] nextAlphaBars,
            Prediction prediction,
            X0Limit limit,
            double eta) {
        super(timesteps, alphaBars, nextAlphaBars, prediction, limit);
        this.eta = eta;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return eta > 0;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        double bar = alphaBars[step];
        double next = nextAlphaBars[step];
        double alpha = Math.sqrt(bar);
        double sigma = Math.sqrt(1 - bar);
        double deviation = eta == 0 ? 0 : eta * Math.sqrt((1 - next) / (1 - bar) * (1 - bar / next));
        double keep = Math.sqrt(next);
        double direction = Math.sqrt(1 - next - deviation * deviation);
        double[] x0 = estimate(sample, modelOutput, step);
        double[] limited = x0.clone();
        limit.apply(limited);
        float[] result = new float[sample.length];
        for (int i = 0; i < result.length; i++) {
            // The noise estimate is the network's own: it does not follow the limits of x0.
            double epsilon = (sample[i] - alpha * x0[i]) / sigma;
            double mean = keep * limited[i] + direction * epsilon;
            result[i] = (float) (deviation == 0 ? mean : mean + deviation * noise[i]);
        }
        return result;
    }
}
