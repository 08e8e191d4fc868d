package org.mixdq4j.cpu.packed;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops over tiles of 256 integers of 4 bits, four bytes of an output in one int: int {@code j} of a tile's 32 holds the four
 * integers of output {@code j} in the lower halves of its bytes and those of output {@code j + 32} in the upper ones, each 8 too
 * high. Four integers times their multiplier are one product of 32 bits: with 128 added, no byte is below 0 or above 255.
 *
 * <p>All vectors are loaded where they are used, multipliers too, and all memory is arrays: Java 17 keeps no vector in a
 * register from one turn of a loop to the next, and then makes an object of each; and buffers are read another way by each
 * of its successors. Vectors are of ints alone, no method is given one or returns one: where the compiler has seen vectors of
 * several kinds, or a method was compiled before its caller, they are objects again, and that takes ten times as long.
 */
final class FourBitVectors {
    private static final VectorSpecies<Byte> QUARTER = ByteVector.SPECIES_128;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;
    private static final int LENGTH = 16;

    static final int LANES = 4;
    static final int OUTPUTS = 64;
    /** Bytes of a tile's integers, and of its codes. */
    static final int TILE = OUTPUTS * LANES;

    static final int CODES = TILE / 2;
    /** The same in ints. */
    static final int TILE_INTS = OUTPUTS;

    static final int CODE_INTS = OUTPUTS / 2;

    private static final int LOWER = 0x0F0F0F0F;
    private static final int EIGHTS = 0x08080808;
    private static final int SIGNS = 0x80808080;

    private FourBitVectors() {}

    /** Tiles without multipliers. */
    static void plain(int[] codes, int from, int tiles, int[] out, int to) {
        for (int i = 0; i < tiles; i++) {
            for (int k = 0; k < CODE_INTS; k += LENGTH) {
                int at = from + i * CODE_INTS + k;
                IntVector.fromArray(INTS, codes, at)
                        .and(LOWER)
                        .add(SIGNS - EIGHTS)
                        .lanewise(VectorOperators.XOR, SIGNS)
                        .intoArray(out, to + i * TILE_INTS + k);
                IntVector.fromArray(INTS, codes, at)
                        .lanewise(VectorOperators.LSHR, 4)
                        .and(LOWER)
                        .add(SIGNS - EIGHTS)
                        .lanewise(VectorOperators.XOR, SIGNS)
                        .intoArray(out, to + i * TILE_INTS + k + CODE_INTS);
            }
        }
    }

    /** Bytes to ints. @param count a multiple of 64 */
    static void widen(byte[] multipliers, int at, int count, int[] wide) {
        for (int i = 0; i < count; i += LENGTH) {
            ((IntVector) ByteVector.fromArray(QUARTER, multipliers, at + i).convertShape(VectorOperators.B2I, INTS, 0))
                    .intoArray(wide, i);
        }
    }

    /** Tiles of one group. @param multipliers of 64 outputs from {@code group} on */
    static void multiply(int[] codes, int from, int tiles, int[] multipliers, int group, int[] out, int to) {
        for (int i = 0; i < tiles; i++) {
            for (int k = 0; k < CODE_INTS; k += LENGTH) {
                int at = from + i * CODE_INTS + k;
                IntVector.fromArray(INTS, codes, at)
                        .and(LOWER)
                        .sub(EIGHTS)
                        .mul(IntVector.fromArray(INTS, multipliers, group + k))
                        .add(SIGNS)
                        .lanewise(VectorOperators.XOR, SIGNS)
                        .intoArray(out, to + i * TILE_INTS + k);
                IntVector.fromArray(INTS, codes, at)
                        .lanewise(VectorOperators.LSHR, 4)
                        .and(LOWER)
                        .sub(EIGHTS)
                        .mul(IntVector.fromArray(INTS, multipliers, group + k + CODE_INTS))
                        .add(SIGNS)
                        .lanewise(VectorOperators.XOR, SIGNS)
                        .intoArray(out, to + i * TILE_INTS + k + CODE_INTS);
            }
        }
    }

    /**
     * One tile whose inputs lie in two groups.
     *
     * @param multipliers those of one group from {@code first} on, of the other from {@code last} on
     * @param others the lanes of the other, 255 for each
     */
    static void mixed(int[] codes, int from, int[] multipliers, int first, int last, int others, int[] out, int to) {
        for (int k = 0; k < CODE_INTS; k += LENGTH) {
            IntVector.fromArray(INTS, codes, from + k)
                    .and(LOWER & ~others)
                    .sub(EIGHTS & ~others)
                    .mul(IntVector.fromArray(INTS, multipliers, first + k))
                    .add(IntVector.fromArray(INTS, codes, from + k)
                            .and(LOWER & others)
                            .sub(EIGHTS & others)
                            .mul(IntVector.fromArray(INTS, multipliers, last + k)))
                    .add(SIGNS)
                    .lanewise(VectorOperators.XOR, SIGNS)
                    .intoArray(out, to + k);
            IntVector.fromArray(INTS, codes, from + k)
                    .lanewise(VectorOperators.LSHR, 4)
                    .and(LOWER & ~others)
                    .sub(EIGHTS & ~others)
                    .mul(IntVector.fromArray(INTS, multipliers, first + k + CODE_INTS))
                    .add(IntVector.fromArray(INTS, codes, from + k)
                            .lanewise(VectorOperators.LSHR, 4)
                            .and(LOWER & others)
                            .sub(EIGHTS & others)
                            .mul(IntVector.fromArray(INTS, multipliers, last + k + CODE_INTS)))
                    .add(SIGNS)
                    .lanewise(VectorOperators.XOR, SIGNS)
                    .intoArray(out, to + k + CODE_INTS);
        }
    }
}
