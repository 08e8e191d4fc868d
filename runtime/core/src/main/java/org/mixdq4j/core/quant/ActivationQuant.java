package org.mixdq4j.core.quant;

/**
 * How a layer's input is quantized.
 *
 * @param bits 2 to 8
 * @param granularity what shares a scale
 */
public record ActivationQuant(int bits, Granularity granularity) {
    /** What shares a scale. */
    public enum Granularity {
        /** All values the layer ever reads: one asymmetric range, fixed after calibration ({@link AffineParams}). */
        TENSOR,
        /** One row of a Linear's input, by its own largest magnitude at run time ({@link TokenParams}). */
        TOKEN
    }

    public ActivationQuant {
        if (bits < 2 || bits > 8) {
            throw new IllegalArgumentException("activations are quantized to 2 to 8 bits, not " + bits);
        }
    }

    /** Per tensor. */
    public ActivationQuant(int bits) {
        this(bits, Granularity.TENSOR);
    }

    /** Whether scales are found at run time, so that nothing has to be known of the input before. */
    public boolean dynamic() {
        return granularity == Granularity.TOKEN;
    }
}
