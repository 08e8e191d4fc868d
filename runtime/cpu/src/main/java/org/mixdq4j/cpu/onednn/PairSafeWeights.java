package org.mixdq4j.cpu.onednn;

import java.nio.ByteBuffer;
import java.util.List;
import org.mixdq4j.core.quant.Segment;

/**
 * Weights that no kernel can lose a bit of.
 *
 * <p>Without VNNI, oneDNN multiplies bytes with {@code vpmaddubsw}, which adds two neighbouring products in 16 bits and
 * saturates: {@code 255 * 127 * 2} does not fit (oneDNN, "Nuances of int8 Computations"). There a weight is the sum of two
 * halves that are its multiplier times half its code, {@code w = m (c / 2) + m (c - c / 2)}, both at most 64 in magnitude so
 * that {@code 255 * 64 * 2 = 32640} fits, and each half is multiplied. It costs twice the time, only where it is needed:
 * weights or inputs of fewer bits never are.
 */
public final class PairSafeWeights {
    private PairSafeWeights() {}

    /** Whether the segment's weights have to be multiplied in two halves. @param vnni whether kernels add in 32 bits */
    public static boolean needed(Segment segment, boolean vnni) {
        return !vnni && mayExceed16Bits(segment);
    }

    /** Integers [outputs, channels, taps] of a segment: all, or the halves whose sum they are. */
    public static List<ByteBuffer> halves(Segment segment, boolean split) {
        ByteBuffer whole = segment.weight().buffer();
        if (!split) {
            return List.of(whole);
        }
        int width = whole.capacity() / segment.weightScale().length;
        ByteBuffer first = ByteBuffer.allocateDirect(whole.capacity());
        ByteBuffer second = ByteBuffer.allocateDirect(whole.capacity());
        for (int i = 0; i < whole.capacity(); i++) {
            int multiplier = segment.code().multiplier(i / width, i % width, width);
            int half = whole.get(i) / multiplier / 2 * multiplier;
            first.put(i, (byte) half);
            second.put(i, (byte) (whole.get(i) - half));
        }
        return List.of(first, second);
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
