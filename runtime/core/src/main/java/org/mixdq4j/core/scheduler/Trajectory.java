package org.mixdq4j.core.scheduler;

/** The tables every sampler has, and the checks on what callers pass. */
abstract class Trajectory implements Scheduler {
    private static final double[] NONE = {};

    final double[] timesteps;
    final double[] sigmas;

    Trajectory(double[] timesteps, double[] sigmas) {
        this.timesteps = timesteps;
        this.sigmas = sigmas;
    }

    Trajectory(double[] timesteps) {
        this(timesteps, NONE);
    }

    @Override
    public double[] timesteps() {
        return timesteps.clone();
    }

    @Override
    public double[] sigmas() {
        return sigmas.clone();
    }

    @Override
    public double initNoiseSigma() {
        return 1;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return false;
    }

    @Override
    public float[] scaleModelInput(float[] sample, int step) {
        checkStep(step);
        return sample;
    }

    @Override
    public final float[] step(float[] modelOutput, int step, float[] sample, float[] noise) {
        checkStep(step);
        checkLength("model output", modelOutput.length, sample.length);
        boolean noisy = addsNoise(step);
        if (noisy && noise == null) {
            throw new IllegalArgumentException("step " + step + " adds noise, but none was given");
        }
        if (noisy) {
            checkLength("noise", noise.length, sample.length);
        }
        return advance(modelOutput, step, sample, noise);
    }

    @Override
    public final float[] denoised(float[] modelInput, float[] modelOutput, int step) {
        checkStep(step);
        checkLength("model output", modelOutput.length, modelInput.length);
        double[] clean = clean(modelInput, modelOutput, step);
        float[] rounded = new float[clean.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (float) clean[i];
        }
        return rounded;
    }

    /** {@link Scheduler#denoised} with arguments checked. */
    abstract double[] clean(float[] modelInput, float[] modelOutput, int step);

    /** {@link Scheduler#step} with arguments checked. */
    abstract float[] advance(float[] modelOutput, int step, float[] sample, float[] noise);

    final void checkStep(int step) {
        if (step < 0 || step >= timesteps.length) {
            throw new IllegalArgumentException("there is no step " + step + " of " + timesteps.length);
        }
    }

    private static void checkLength(String what, int found, int expected) {
        if (found != expected) {
            throw new IllegalArgumentException(
                    "the " + what + " has " + found + " elements, the sample has " + expected);
        }
    }
}
