package org.mixdq4j.core.quant;

import java.util.Arrays;

/**
 * How the 8-bit integers of a weight come from codes of fewer bits:
 *
 * <pre>integer = code * multiplier[output][group]</pre>
 *
 * with codes in {@code [-2^(bits-1), 2^(bits-1) - 1]} and multipliers in {@code [1, 2^(8-bits)]}, so that every integer
 * fits 8 bits. A group is a run of consecutive weights of one output channel as they lie in memory (input channel, then
 * kernel row, then kernel column); the last of a channel may be shorter. Because multipliers are whole, a layer with
 * groups is still one integer product with per-channel scales (progressive group quantization, QServe, arXiv 2405.04532,
 * section 4.1, there with an offset).
 *
 * @param bits of a code, 2 to 8
 * @param group weights a group; 0 for none: every multiplier is 1
 * @param multipliers [outputs, groups of a channel], unsigned; empty without groups
 */
public record WeightCode(int bits, int group, byte[] multipliers) {
    public WeightCode {
        if (bits < 2 || bits > 8 || group < 0 || group == 0 && multipliers.length > 0) {
            throw new IllegalArgumentException("no code of " + bits + " bits in groups of " + group + " with "
                    + multipliers.length + " multipliers");
        }
        for (byte multiplier : multipliers) {
            if (Byte.toUnsignedInt(multiplier) < 1 || Byte.toUnsignedInt(multiplier) > maxMultiplier(bits)) {
                throw new IllegalArgumentException("a multiplier is " + Byte.toUnsignedInt(multiplier) + "; codes of "
                        + bits + " bits allow 1 to " + maxMultiplier(bits));
            }
        }
    }

    /** Codes of this many bits that are the integers. */
    public static WeightCode plain(int bits) {
        return new WeightCode(bits, 0, new byte[0]);
    }

    /** The largest multiplier with which all codes stay in 8 bits. */
    public static int maxMultiplier(int bits) {
        return 1 << 8 - bits;
    }

    /** Groups in a channel of {@code width} weights; 0 without groups. */
    public int groups(int width) {
        return group == 0 ? 0 : (width + group - 1) / group;
    }

    /** The multiplier of weight {@code index} of channel {@code output}, which has {@code width} weights. */
    public int multiplier(int output, int index, int width) {
        return group == 0 ? 1 : Byte.toUnsignedInt(multipliers[output * groups(width) + index / group]);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof WeightCode code
                && bits == code.bits
                && group == code.group
                && Arrays.equals(multipliers, code.multipliers);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(multipliers) * 31 + bits * 7 + group;
    }
}
