package org.mixdq4j.core.quant;

/**
 * How a layer's input is quantized: asymmetric, one range per tensor, fixed after calibration.
 *
 * @param bits 2 to 8
 */
public record ActivationQuant(int bits) {
    public ActivationQuant {
        if (bits < 2 || bits > 8) {
            throw new IllegalArgumentException("activations are quantized to 2 to 8 bits, not " + bits);
        }
    }
}
