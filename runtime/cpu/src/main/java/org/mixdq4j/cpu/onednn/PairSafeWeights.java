package org.mixdq4j.cpu.onednn;

import java.nio.ByteBuffer;
import org.mixdq4j.core.quant.Segment;

/**
 * Weights laid out so that no kernel can lose a bit.
 *
 * <p>Without VNNI, oneDNN multiplies bytes with {@code vpmaddubsw}, which adds two neighbouring products in 16 bits and
 * saturates: {@code 255 * 127 * 2} does not fit (oneDNN, "Nuances of int8 Computations"). There a weight is written as the
 * sum of two halves that are its multiplier times half its code, {@code w = m (c / 2) + m (c - c / 2)}, both at most 64 in
 * magnitude so that {@code 255 * 64 * 2 = 32640} fits, and the product runs over the input channels twice. It costs twice the time, only where it is needed: weights or
 * inputs of fewer bits never are.
 */
public final class PairSafeWeights {
    private final Segment segment;
    private final int taps;
    private final int padded;
    private final boolean split;

    /**
     * @param padded channels of one copy, at least those of the segment; the rest is zero
     * @param vnni whether the kernels add products in 32 bits
     */
    public PairSafeWeights(Segment segment, int taps, int padded, boolean vnni) {
        this.segment = segment;
        this.taps = taps;
        this.padded = padded;
        this.split = needed(segment, vnni);
    }

    /** Whether the segment's weights have to be multiplied in two halves. @param vnni as for the constructor */
    public static boolean needed(Segment segment, boolean vnni) {
        return !vnni && mayExceed16Bits(segment);
    }

    /** Whether the input channels have to be given twice. */
    public boolean split() {
        return split;
    }

    /** Channels of the product. */
    public int channels() {
        return split ? 2 * padded : padded;
    }

    /** Writes [outputs, channels, taps] into zeroed memory. */
    public void write(ByteBuffer to) {
        ByteBuffer from = segment.weight().buffer();
        int outputs = segment.weight().shape().dim(0);
        int width = (segment.to() - segment.from()) * taps;
        for (int output = 0; output < outputs; output++) {
            int start = output * channels() * taps;
            for (int i = 0; i < width; i++) {
                byte weight = from.get(output * width + i);
                if (split) {
                    int multiplier = segment.code().multiplier(output, i, width);
                    int half = weight / multiplier / 2 * multiplier;
                    to.put(start + i, (byte) half);
                    to.put(start + padded * taps + i, (byte) (weight - half));
                } else {
                    to.put(start + i, weight);
                }
            }
        }
    }

    private static boolean mayExceed16Bits(Segment segment) {
        ByteBuffer weights = segment.weight().buffer();
        int largest = 0;
        while (weights.hasRemaining()) {
            largest = Math.max(largest, Math.abs((int) weights.get()));
        }
        return 2 * largest * segment.activation().orElseThrow().maxLevel() > Short.MAX_VALUE;
    }
}
