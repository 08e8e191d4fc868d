package org.mixdq4j.cuda.gemm;

import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.quant.Segment;

/**
 * How the weights of a product lie on the device ({@code gemm.cuh}).
 *
 * @param elements {@link #BYTES}, or the number of a 16-bit type of floats in macros
 * @param bits of a weight that is a byte: 8 or 4
 * @param group codes that share a multiplier, or 0
 */
public record Form(int elements, int bits, int group) {
    static final int BYTES = 0;
    /** Outputs and inputs of a block of 4-bit codes. */
    static final int BLOCK = 64;

    static final int BLOCK_BYTES = BLOCK * BLOCK / 2;
    /** Bytes that are copied at once. */
    static final int VECTOR = 16;

    private static final Set<Integer> GROUPS = Set.of(0, 32, 64, 128);

    /** Of integers: half a byte each where codes and groups allow it. */
    static Form of(Segment segment) {
        int inputs = segment.to() - segment.from();
        boolean small =
                segment.code().bits() <= 4 && GROUPS.contains(segment.code().group()) && inputs % BLOCK == 0;
        return small ? new Form(BYTES, 4, segment.code().group()) : new Form(BYTES, 8, 0);
    }

    static Form floats(int type) {
        return new Form(type, 8, 0);
    }

    boolean integer() {
        return elements == BYTES;
    }

    /** What the product sees of a weight of 1. */
    int factor() {
        return bits == 4 && group == 0 ? 16 : 1;
    }

    /** Rows of {@code k} multipliers. */
    int groups(int k) {
        return (k + group - 1) / group;
    }

    Map<String, Integer> defines() {
        return Map.of("ELEMENTS", elements, "WEIGHT_BITS", bits, "GROUP", group);
    }
}
