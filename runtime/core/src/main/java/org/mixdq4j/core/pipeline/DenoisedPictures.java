package org.mixdq4j.core.pipeline;

import java.util.Arrays;
import java.util.List;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.scheduler.Scheduler;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * What the network's outputs in a calibration set look like: the clean latents they mean at their step, decoded. With one
 * step these are the pictures themselves. May be used by several threads at once: the decoder is instrumented and in float.
 */
public final class DenoisedPictures implements AutoCloseable {
    private final Scheduler scheduler;
    private final SamplingSettings sampling;
    private final LatentDecoder decoder;

    private DenoisedPictures(Scheduler scheduler, SamplingSettings sampling, LatentDecoder decoder) {
        this.scheduler = scheduler;
        this.sampling = sampling;
        this.decoder = decoder;
    }

    /**
     * @param latent [1, channels, height, width] of one picture
     * @throws MixdqException if the model's scheduler is not the one the set was made with
     */
    public static DenoisedPictures open(
            ModelSource folder, CalibrationSet set, Shape latent, InstrumentedExecutor executor) {
        SamplingSettings sampling = SamplingSettings.recorded(
                set.manifest().settings(), "the calibration set " + set.folder() + "'s manifest");
        Scheduler scheduler = sampling.schedule();
        List<Double> recorded = set.timesteps();
        List<Double> made = Arrays.stream(scheduler.timesteps()).boxed().toList();
        if (!made.equals(recorded)) {
            throw new MixdqException("The calibration set " + set.folder() + " says timesteps " + recorded
                    + ", its scheduler makes " + made
                    + "; the set was edited or made by another version: run 'mixdq calibrate' again.");
        }
        return new DenoisedPictures(scheduler, sampling, LatentDecoder.open(folder, latent, executor));
    }

    /**
     * The picture, height x width x 3 in 0..1.
     *
     * @param modelInput what the network read at this step
     * @param outputs what it said: of the positive side alone, or of the negative and the positive one
     */
    public Tensor of(int step, Tensor modelInput, List<Tensor> outputs) {
        float[] guided = Guidance.combine(outputs, sampling.guidance(), sampling.guidanceRescale());
        float[] clean = scheduler.denoised(modelInput.toFloatArray(), guided, step);
        return decoder.decode(Tensor.of(modelInput.shape(), clean));
    }

    @Override
    public void close() {
        decoder.close();
    }
}
