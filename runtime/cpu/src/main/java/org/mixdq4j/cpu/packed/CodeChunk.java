package org.mixdq4j.cpu.packed;

/**
 * The arithmetic of packed codes on 4,096 of them at a time, eight bytes of a long side by side: loops over longs are what
 * the JVM's compiler turns into vector instructions, which it does not for bytes.
 *
 * <p>A code of b bits is cut into fields of 4, 2 and 1 bits whose widths add up to b, the lowest bits first. A field of w
 * bits of all codes fills {@code 512 w / 8} longs: in long j, bits {@code [w k, w k + w)} of each byte belong to the code
 * in the same byte of long {@code j + k 512 w / 8}. So every step is a shift and a mask of whole longs.
 */
final class CodeChunk {
    /** Codes of a chunk, one a byte. */
    static final int CODES = 4096;

    /** Longs with a code a byte. */
    static final int LONGS = CODES / Long.BYTES;

    private static final long ONES = 0x0101010101010101L;
    private static final long SIGNS = ONES << 7;

    private CodeChunk() {}

    /** Longs that a chunk of packed codes takes. */
    static int packedLongs(int bits) {
        return LONGS / Byte.SIZE * bits;
    }

    /** @param codes the lowest {@code bits} of each byte are packed. @param packed to fill */
    static void pack(long[] codes, int bits, long[] packed) {
        int at = 0;
        int low = 0;
        for (int width = 4; width > 0; width /= 2) {
            if ((bits & width) == 0) {
                continue;
            }
            int parts = Byte.SIZE / width;
            int length = LONGS / parts;
            for (int j = 0; j < length; j++) {
                long held = 0;
                for (int k = 0; k < parts; k++) {
                    held |= (codes[k * length + j] >>> low & mask(width)) << width * k;
                }
                packed[at + j] = held;
            }
            at += length;
            low += width;
        }
    }

    /** @param codes to fill: in each byte the {@code bits} of a code, the rest zero */
    static void unpack(long[] packed, int bits, long[] codes) {
        int at = 0;
        int low = 0;
        for (int width = 4; width > 0; width /= 2) {
            if ((bits & width) == 0) {
                continue;
            }
            int parts = Byte.SIZE / width;
            int length = LONGS / parts;
            for (int k = 0; k < parts; k++) {
                field(packed, at, width * k, mask(width), low, codes, k * length, length);
            }
            at += length;
            low += width;
        }
    }

    private static void field(long[] packed, int at, int right, long mask, int left, long[] codes, int to, int length) {
        if (left == 0) {
            for (int j = 0; j < length; j++) {
                codes[to + j] = packed[at + j] >>> right & mask;
            }
        } else {
            for (int j = 0; j < length; j++) {
                codes[to + j] |= (packed[at + j] >>> right & mask) << left;
            }
        }
    }

    /** Codes, in place, to signed bytes. */
    static void signed(long[] codes, int bits) {
        long sign = ONES << bits - 1;
        for (int j = 0; j < LONGS; j++) {
            // With the sign bit flipped a code is too large by 2^(bits-1); bit 7 is there to borrow from.
            codes[j] = ((codes[j] ^ sign | SIGNS) - sign) ^ SIGNS;
        }
    }

    /**
     * Codes, in place, to signed bytes of {@code code * multiplier}: the multiplier shifted by k is added where bit k of the
     * code is set, and subtracted for the last bit. No byte carries into the next: the sum is below 128 and the last term
     * at most 128, because multipliers are at most 2^(8-bits).
     *
     * @param multipliers one a byte
     * @param sums scratch
     */
    static void multiply(long[] codes, int bits, long[] multipliers, long[] sums) {
        if (bits == 4) {
            multiplyFour(codes, multipliers);
            return;
        }
        for (int j = 0; j < LONGS; j++) {
            sums[j] = chosen(codes[j], 0) & multipliers[j];
        }
        for (int k = 1; k < bits - 1; k++) {
            addBit(codes, k, multipliers, sums);
        }
        int last = bits - 1;
        for (int j = 0; j < LONGS; j++) {
            codes[j] = ((sums[j] | SIGNS) - (chosen(codes[j], last) & multipliers[j] << last)) ^ SIGNS;
        }
    }

    /** As for any number of bits, in one pass. */
    private static void multiplyFour(long[] codes, long[] multipliers) {
        for (int j = 0; j < LONGS; j++) {
            long code = codes[j];
            long multiplier = multipliers[j];
            long sum = (chosen(code, 0) & multiplier)
                    + (chosen(code, 1) & multiplier << 1)
                    + (chosen(code, 2) & multiplier << 2);
            codes[j] = ((sum | SIGNS) - (chosen(code, 3) & multiplier << 3)) ^ SIGNS;
        }
    }

    private static void addBit(long[] codes, int bit, long[] multipliers, long[] sums) {
        for (int j = 0; j < LONGS; j++) {
            sums[j] += chosen(codes[j], bit) & multipliers[j] << bit;
        }
    }

    /** 255 in the bytes that have the bit. */
    private static long chosen(long codes, int bit) {
        long set = codes >>> bit & ONES;
        return (set << 8) - set;
    }

    private static long mask(int bits) {
        return ONES * ((1 << bits) - 1);
    }
}
