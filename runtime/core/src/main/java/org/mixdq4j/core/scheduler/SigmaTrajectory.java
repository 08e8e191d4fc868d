package org.mixdq4j.core.scheduler;

/**
 * Samplers of {@code sample = x0 + sigma * noise} (Karras et al., 2206.00364), which the network reads scaled to unit
 * variance; {@code sigmas[step]} is the level it reads at each step.
 *
 * <p>Arithmetic is float32 in diffusers' order: with a zero terminal SNR the first level is 4096, and what is left of the
 * picture after the first step is a difference of large numbers.
 */
abstract class SigmaTrajectory extends Trajectory {
    private final double initNoiseSigma;
    private final Prediction prediction;
    private final X0Limit limit;

    SigmaTrajectory(double[] timesteps, double[] sigmas, double initNoiseSigma, Prediction prediction, X0Limit limit) {
        super(timesteps, sigmas);
        this.initNoiseSigma = initNoiseSigma;
        this.prediction = prediction;
        this.limit = limit;
    }

    @Override
    public final double initNoiseSigma() {
        return initNoiseSigma;
    }

    @Override
    public final float[] scaleModelInput(float[] sample, int step) {
        checkStep(step);
        float scale = (float) Math.sqrt(variance(step));
        float[] scaled = new float[sample.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = sample[i] / scale;
        }
        return scaled;
    }

    @Override
    final double[] clean(float[] modelInput, float[] modelOutput, int step) {
        double alpha = 1 / Math.sqrt(sigmas[step] * sigmas[step] + 1);
        double[] x0 = prediction.variancePreserving(alpha, alpha * sigmas[step]).x0(modelInput, modelOutput);
        limit.apply(x0);
        return x0;
    }

    /** The estimate of the clean sample from a sample at this step's level, rounded as diffusers rounds. */
    final double[] x0(float[] sample, float[] modelOutput, int step) {
        float sigma = (float) sigmas[step];
        float variance = variance(step);
        float velocity = -sigma / (float) Math.sqrt(variance);
        double[] x0 = new double[sample.length];
        for (int i = 0; i < x0.length; i++) {
            x0[i] = switch (prediction) {
                case EPSILON -> sample[i] - sigma * modelOutput[i];
                case V_PREDICTION -> modelOutput[i] * velocity + sample[i] / variance;
                case SAMPLE -> modelOutput[i];
                case FLOW_PREDICTION -> throw new IllegalStateException(
                        "a velocity of flow matching has no such scale");
            };
        }
        limit.apply(x0);
        return x0;
    }

    /** Which way the sample goes as the level grows: {@code (sample - x0) / sigma}. */
    final double[] derivative(float[] sample, float[] modelOutput, int step) {
        float sigma = (float) sigmas[step];
        double[] slope = x0(sample, modelOutput, step);
        for (int i = 0; i < slope.length; i++) {
            slope[i] = (sample[i] - (float) slope[i]) / sigma;
        }
        return slope;
    }

    private float variance(int step) {
        float sigma = (float) sigmas[step];
        return sigma * sigma + 1;
    }

    /** {@code sample + move * slope}. */
    static float[] along(float[] sample, double move, double[] slope) {
        float factor = (float) move;
        float[] moved = new float[sample.length];
        for (int i = 0; i < moved.length; i++) {
            moved[i] = sample[i] + (float) (factor * slope[i]);
        }
        return moved;
    }

    /** The noise an ancestral step from one level to a lower one adds; below it, the step itself goes to {@link #under}. */
    static double added(double from, double to) {
        float high = (float) from * (float) from;
        float low = (float) to * (float) to;
        return (float) Math.sqrt(low * (high - low) / high);
    }

    /** The level that noise of {@code added} tops up to {@code to}. */
    static double under(double to, double added) {
        float low = (float) to * (float) to;
        return (float) Math.sqrt(Math.max(0, low - (float) added * (float) added));
    }
}
