package org.mixdq4j.core.scheduler;

/** Luo et al., "Latent consistency models", multistep sampling: jump to x0, then noise it again to the next timestep. */
final class LcmTrajectory extends Trajectory {
    private static final double DATA_DEVIATION = 0.5;

    private final double[] alphaBars;
    private final Prediction prediction;
    private final double timestepScaling;
    private final X0Limit limit;

    LcmTrajectory(
            double[] timesteps, double[] alphaBars, Prediction prediction, double timestepScaling, X0Limit limit) {
        super(timesteps);
        this.alphaBars = alphaBars;
        this.prediction = prediction;
        this.timestepScaling = timestepScaling;
        this.limit = limit;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return step < alphaBars.length - 1;
    }

    @Override
    double[] clean(float[] modelInput, float[] modelOutput, int step) {
        double scaled = timesteps[step] * timestepScaling;
        double norm = scaled * scaled + DATA_DEVIATION * DATA_DEVIATION;
        double skip = DATA_DEVIATION * DATA_DEVIATION / norm;
        double out = scaled / Math.sqrt(norm);
        double bar = alphaBars[step];
        double[] x0 = prediction
                .variancePreserving(Math.sqrt(bar), Math.sqrt(1 - bar))
                .x0(modelInput, modelOutput);
        limit.apply(x0);
        for (int i = 0; i < x0.length; i++) {
            x0[i] = out * x0[i] + skip * modelInput[i];
        }
        return x0;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        boolean last = step == alphaBars.length - 1;
        double keep = last ? 1 : Math.sqrt(alphaBars[step + 1]);
        double renoise = last ? 0 : Math.sqrt(1 - alphaBars[step + 1]);
        double[] clean = clean(sample, modelOutput, step);
        float[] result = new float[sample.length];
        for (int i = 0; i < result.length; i++) {
            double denoised = keep * clean[i];
            result[i] = (float) (last ? denoised : denoised + renoise * noise[i]);
        }
        return result;
    }
}
