package org.mixdq4j.core.scheduler;

/** Euler's method on the probability-flow ODE in sigma (Karras et al., 2206.00364, algorithm 2 without churn). */
class EulerTrajectory extends Trajectory {
    private final double initNoiseSigma;
    private final Prediction prediction;

    EulerTrajectory(double[] timesteps, double[] sigmas, double initNoiseSigma, Prediction prediction) {
        super(timesteps, sigmas);
        this.initNoiseSigma = initNoiseSigma;
        this.prediction = prediction;
    }

    @Override
    public double initNoiseSigma() {
        return initNoiseSigma;
    }

    @Override
    public float[] scaleModelInput(float[] sample, int step) {
        checkStep(step);
        double scale = 1 / Math.sqrt(sigmas[step] * sigmas[step] + 1);
        float[] scaled = new float[sample.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (sample[i] * scale);
        }
        return scaled;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        return towards(sigmas[step + 1], modelOutput, step, sample);
    }

    @Override
    Estimate estimate(int step) {
        double scale = Math.sqrt(sigmas[step] * sigmas[step] + 1);
        Prediction.Denoiser denoiser = prediction.varianceExploding(sigmas[step]);
        return (input, output) -> denoiser.x0(input * scale, output);
    }

    /** Follows the tangent at this step to noise level {@code target}. */
    final float[] towards(double target, float[] modelOutput, int step, float[] sample) {
        double sigma = sigmas[step];
        double move = (target - sigma) / sigma;
        Prediction.Denoiser denoiser = prediction.varianceExploding(sigma);
        float[] next = new float[sample.length];
        for (int i = 0; i < next.length; i++) {
            double x0 = denoiser.x0(sample[i], modelOutput[i]);
            next[i] = (float) (sample[i] + (sample[i] - x0) * move);
        }
        return next;
    }
}
