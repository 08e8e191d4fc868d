package org.mixdq4j.evaluate.pair;

import org.mixdq4j.core.metrics.Psnr;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.metrics.Ssim;
import org.mixdq4j.core.tensor.Tensor;

/**
 * How alike a quantized model's drawing is to the float model's.
 *
 * @param ssim of the pictures, Gaussian window
 * @param psnr of the pictures, dB
 * @param latentSqnr dB of the final latents
 * @param outputSqnr dB of the network's output at the first step
 */
public record Likeness(double ssim, double psnr, double latentSqnr, double outputSqnr) {
    public static Likeness of(Drawn reference, Drawn drawn) {
        Tensor image = reference.image();
        float[] expected = image.toFloatArray();
        float[] found = drawn.image().toFloatArray();
        return new Likeness(
                Ssim.gaussian(
                        expected, found, image.shape().dim(0), image.shape().dim(1), 3),
                Psnr.of(expected, found, 1),
                Sqnr.of(reference.latents().toFloatArray(), drawn.latents().toFloatArray()),
                Sqnr.of(
                        reference.firstOutput().toFloatArray(),
                        drawn.firstOutput().toFloatArray()));
    }
}
