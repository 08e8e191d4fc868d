package org.mixdq4j.core.scheduler;

/**
 * One trajectory from noise to latents: at step {@code i} the network sees {@code scaleModelInput(sample, i)} at
 * {@code timesteps()[i]}, and {@code step} turns its output into the sample of step {@code i + 1}.
 *
 * <p>Samples are flat arrays of any layout: everything here is elementwise, so several pictures that move in lockstep may
 * share one trajectory. A scheduler may keep outputs of earlier steps, so it serves one trajectory at a time, on one
 * thread, steps in ascending order; a trajectory may start at any step, and step 0 always starts a new one.
 */
public interface Scheduler {
    /** What the network is told at each step, descending; a fresh array. */
    double[] timesteps();

    /** Noise levels, one more than there are timesteps and ending at the last sample's; empty if the sampler has none. */
    double[] sigmas();

    /** Standard deviation of the first sample: multiply unit-normal noise by it before step 0. */
    double initNoiseSigma();

    /**
     * Whether {@link #step} draws noise at this step. True also where the noise is multiplied by zero (the last
     * Euler-ancestral step): diffusers draws it there too, so a generator shared along the trajectory must advance.
     */
    boolean addsNoise(int step);

    /** The network's input for {@code sample}: a new array, or {@code sample} itself if this sampler does not scale. */
    float[] scaleModelInput(float[] sample, int step);

    /**
     * The sample after this step; no argument is modified.
     *
     * @param modelOutput the network's output (after guidance), in the terms of the configured prediction type
     * @param sample what {@link #scaleModelInput} was given, not what it returned
     * @param noise unit-normal, as long as the sample; null unless {@link #addsNoise}
     */
    float[] step(float[] modelOutput, int step, float[] sample, float[] noise);

    /**
     * The clean sample that the network's output means at this step; a new array, no argument is modified, and no state
     * either: it may be asked of any step at any time.
     *
     * @param modelInput what the network read: {@link #scaleModelInput}'s result
     * @param modelOutput the network's output (after guidance), in the terms of the configured prediction type
     */
    float[] denoised(float[] modelInput, float[] modelOutput, int step);
}
