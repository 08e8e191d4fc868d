package org.mixdq4j.core.scheduler;

/** Song et al., "Denoising diffusion implicit models", equations 12 and 16. */
final class DdimTrajectory extends Trajectory {
    private final double[] alphaBars;
    private final double[] nextAlphaBars;
    private final Prediction prediction;
    private final double clip;
    private final double eta;

    DdimTrajectory(
            double[] timesteps,
            double[] alphaBars,
            double[] nextAlphaBars,
            Prediction prediction,
            double clip,
            double eta) {
        super(timesteps);
        this.alphaBars = alphaBars;
        this.nextAlphaBars = nextAlphaBars;
        this.prediction = prediction;
        this.clip = clip;
        this.eta = eta;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return eta > 0;
    }

    @Override
    Estimate estimate(int step) {
        double bar = alphaBars[step];
        Prediction.Denoiser denoiser = prediction.variancePreserving(Math.sqrt(bar), Math.sqrt(1 - bar));
        return (input, output) -> AlphaBars.clamp(denoiser.x0(input, output), clip);
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
        Prediction.Denoiser denoiser = prediction.variancePreserving(alpha, sigma);
        float[] result = new float[sample.length];
        for (int i = 0; i < result.length; i++) {
            double x0 = denoiser.x0(sample[i], modelOutput[i]);
            // The noise estimate is the network's own: it does not follow the clipping of x0.
            double epsilon = (sample[i] - alpha * x0) / sigma;
            double mean = keep * AlphaBars.clamp(x0, clip) + direction * epsilon;
            result[i] = (float) (deviation == 0 ? mean : mean + deviation * noise[i]);
        }
        return result;
    }
}
