package org.mixdq4j.sensitivity.measure;

/**
 * What a variant did to one unit.
 *
 * @param signal summed squares of the float network's output
 * @param noise summed squares of what the variant changed of it; infinite if numbers came out that are none
 * @param ssim of the picture with the float one, the worst there is if it is no picture; NaN where it was not asked for
 * @param nodes of the network computed for it
 */
public record Measured(double signal, double noise, double ssim, long nodes) {
    /** Where a layer was quantized so coarsely that infinities and NaN came out, they count as infinite noise. */
    public Measured {
        noise = Double.isNaN(noise) ? Double.POSITIVE_INFINITY : noise;
    }
}
