package org.mixdq4j.core.quant;

/**
 * How a layer's weight is held: symmetric integers with one scale per output channel, and, with a group size, a whole
 * multiplier of that scale for each group of consecutive weights of a channel ({@link WeightCode}).
 *
 * @param bits 2 to 8
 * @param group weights a group, 16 to 1024; 0 for per-channel scales alone. Eight bits leave no room for multipliers
 */
public record WeightQuant(int bits, int group) {
    public WeightQuant {
        if (bits < 2 || bits > 8) {
            throw new IllegalArgumentException("weights are quantized to 2 to 8 bits, not " + bits);
        }
        if (group != 0 && (group < 16 || group > 1024 || bits == 8)) {
            throw new IllegalArgumentException("no groups of " + group + " weights in " + bits
                    + " bits: groups have 16 to 1024 weights of at most 7 bits");
        }
    }

    /** Per channel. */
    public WeightQuant(int bits) {
        this(bits, 0);
    }

    /** This many bits, in groups of {@code group} where bits leave room for multipliers, else per channel. */
    public static WeightQuant grouped(int bits, int group) {
        return new WeightQuant(bits, bits == 8 ? 0 : group);
    }
}
