package org.mixdq4j.cpu.packed;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops over tiles of 256 integers of 4 bits: byte {@code j} of a tile's 128 holds integer {@code j} in its lower half and
 * integer {@code j + 128} in its upper one, each 8 too high. Integer {@code j} belongs to output {@code j / 4}.
 *
 * <p>All vectors are loaded where they are used, multipliers too, and all memory is arrays: Java 17 keeps no vector in a
 * register from one turn of a loop to the next, and then makes an object of each; and buffers are read another way by each
 * of its successors.
 */
final class FourBitVectors {
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_512;
    private static final VectorSpecies<Byte> QUARTER = ByteVector.SPECIES_128;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;

    static final int LANES = 4;
    static final int OUTPUTS = 64;
    static final int TILE = OUTPUTS * LANES;
    static final int CODES = TILE / 2;

    private FourBitVectors() {}

    /** Tiles without multipliers. */
    static void plain(byte[] codes, int from, int tiles, byte[] out, int to) {
        for (int i = 0; i < tiles * CODES; i += CODES) {
            for (int k = 0; k < CODES; k += 64) {
                IntVector pairs =
                        ByteVector.fromArray(BYTES, codes, from + i + k).reinterpretAsInts();
                pairs.and(0x0F0F0F0F).reinterpretAsBytes().sub((byte) 8).intoArray(out, to + 2 * i + k);
                pairs.lanewise(VectorOperators.LSHR, 4)
                        .and(0x0F0F0F0F)
                        .reinterpretAsBytes()
                        .sub((byte) 8)
                        .intoArray(out, to + 2 * i + k + CODES);
            }
        }
    }

    /**
     * A group's multipliers in the forms that tiles are multiplied by.
     *
     * @param multipliers of 64 outputs from {@code at} on
     * @param twos each multiplier in two numbers of 16 bits
     * @param eights 8 of each in four bytes
     */
    static void prepare(byte[] multipliers, int at, byte[] twos, byte[] eights) {
        for (int i = 0; i < OUTPUTS; i += 16) {
            IntVector each = ints(multipliers, at + i);
            each.mul(0x00010001).reinterpretAsBytes().intoArray(twos, LANES * i);
            each.mul(0x08080808).reinterpretAsBytes().intoArray(eights, LANES * i);
        }
    }

    /** Multipliers four times each, as the integers of a tile need them. @param count of multipliers, a multiple of 64 */
    static void spread(byte[] multipliers, int at, int count, byte[] spread) {
        for (int i = 0; i < count; i += 16) {
            ints(multipliers, at + i).mul(0x01010101).reinterpretAsBytes().intoArray(spread, LANES * i);
        }
    }

    private static IntVector ints(byte[] multipliers, int at) {
        return (IntVector) ByteVector.fromArray(QUARTER, multipliers, at).convertShape(VectorOperators.B2I, INTS, 0);
    }

    /**
     * Tiles of one group. Codes lie 8 too high, from 0 to 15, and multipliers go to 16: two bytes that share a multiplier
     * are multiplied as one number of 16 bits, since no product of the lower one reaches 256. Then 8 multipliers are taken
     * off each byte.
     */
    static void multiply(byte[] codes, int from, int tiles, byte[] twos, byte[] eights, byte[] out, int to) {
        for (int i = 0; i < tiles; i++) {
            multiply(codes, from + i * CODES, twos, eights, out, to + i * TILE);
        }
    }

    private static void multiply(byte[] codes, int from, byte[] twos, byte[] eights, byte[] out, int to) {
        for (int k = 0; k < CODES; k += 64) {
            ShortVector pairs = ByteVector.fromArray(BYTES, codes, from + k).reinterpretAsShorts();
            pairs.and((short) 0x0F0F)
                    .mul(ByteVector.fromArray(BYTES, twos, k).reinterpretAsShorts())
                    .reinterpretAsBytes()
                    .sub(ByteVector.fromArray(BYTES, eights, k))
                    .intoArray(out, to + k);
            pairs.lanewise(VectorOperators.LSHR, 4)
                    .and((short) 0x0F0F)
                    .mul(ByteVector.fromArray(BYTES, twos, k + CODES).reinterpretAsShorts())
                    .reinterpretAsBytes()
                    .sub(ByteVector.fromArray(BYTES, eights, k + CODES))
                    .intoArray(out, to + k + CODES);
        }
    }

    /**
     * One tile whose inputs lie in two groups: two bytes of a number of 16 bits have multipliers of their own.
     *
     * @param spread multipliers four times each; those of one group from {@code first} on, of the other from {@code last} on
     * @param others the lanes of the other, 255 for each
     * @param own the tile's multipliers, to fill
     */
    static void mixed(
            byte[] codes, int from, byte[] spread, int first, int last, int others, byte[] own, byte[] out, int to) {
        for (int k = 0; k < TILE; k += 64) {
            ByteVector.fromArray(BYTES, spread, first + k)
                    .reinterpretAsInts()
                    .and(~others)
                    .or(ByteVector.fromArray(BYTES, spread, last + k)
                            .reinterpretAsInts()
                            .and(others))
                    .reinterpretAsBytes()
                    .intoArray(own, k);
        }
        for (int k = 0; k < TILE; k += 64) {
            int pair = from + k % CODES;
            int shift = k / CODES * 4;
            ints(codes, pair, shift)
                    .and(0x000F000F)
                    .reinterpretAsShorts()
                    .mul(ints(own, k, 0).and(0x00FF00FF).reinterpretAsShorts())
                    .or(ints(codes, pair, shift)
                            .and(0x0F000F00)
                            .reinterpretAsShorts()
                            .mul(ints(own, k, 8).and(0x00FF00FF).reinterpretAsShorts()))
                    .reinterpretAsBytes()
                    // 8 multipliers of 16 are 128, so that nothing reaches the next byte.
                    .sub(ByteVector.fromArray(BYTES, own, k)
                            .reinterpretAsInts()
                            .lanewise(VectorOperators.LSHL, 3)
                            .reinterpretAsBytes())
                    .intoArray(out, to + k);
        }
    }

    private static IntVector ints(byte[] bytes, int at, int shift) {
        return ByteVector.fromArray(BYTES, bytes, at).reinterpretAsInts().lanewise(VectorOperators.LSHR, shift);
    }
}
