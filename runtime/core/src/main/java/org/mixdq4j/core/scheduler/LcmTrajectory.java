package org.mixdq4j.core.scheduler;

/** Luo et al., "Latent consistency models", multistep sampling: jump to x0, then noise it again to the next timestep. */
final class LcmTrajectory extends Trajectory {
    private static final double DATA_DEVIATION = 0.5;

    private final double[] alphaBars;
    private final Prediction prediction;
    private final double timestepScaling;
    private final double clip;

    LcmTrajectory(double[] timesteps, double[] alphaBars, Prediction prediction, double timestepScaling, double clip) {
        super(timesteps);
        this.alphaBars = alphaBars;
        this.prediction = prediction;
        this.timestepScaling = timestepScaling;
        this.clip = clip;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return step < alphaBars.length - 1;
    }

    @Override
    Estimate estimate(int step) {
        double scaled = timesteps[step] * timestepScaling;
        double norm = scaled * scaled + DATA_DEVIATION * DATA_DEVIATION;
        double skip = DATA_DEVIATION * DATA_DEVIATION / norm;
        double out = scaled / Math.sqrt(norm);
        double bar = alphaBars[step];
        Prediction.Denoiser denoiser = prediction.variancePreserving(Math.sqrt(bar), Math.sqrt(1 - bar));
        return (input, output) -> out * AlphaBars.clamp(denoiser.x0(input, output), clip) + skip * input;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        boolean last = step == alphaBars.length - 1;
        Estimate estimate = estimate(step);
        double keep = last ? 1 : Math.sqrt(alphaBars[step + 1]);
        double renoise = last ? 0 : Math.sqrt(1 - alphaBars[step + 1]);
        float[] result = new float[sample.length];
        for (int i = 0; i < result.length; i++) {
            double denoised = keep * estimate.of(sample[i], modelOutput[i]);
            result[i] = (float) (last ? denoised : denoised + renoise * noise[i]);
        }
        return result;
    }
}
