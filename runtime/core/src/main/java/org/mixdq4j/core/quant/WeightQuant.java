package org.mixdq4j.core.quant;

/**
 * How a layer's weight is held: symmetric integers with one scale per output channel.
 *
 * @param bits 2 to 8
 */
public record WeightQuant(int bits) {
    public WeightQuant {
        if (bits < 2 || bits > 8) {
            throw new IllegalArgumentException("weights are quantized to 2 to 8 bits, not " + bits);
        }
    }
}
