package org.mixdq4j.cpu.packed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntFunction;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.cpu.session.Workers;

/**
 * Weights of 4 bits in tiles of 64 outputs by 4 inputs, which is how kernels with 512-bit vectors read them, expanded as fast
 * as memory takes them: a tile is 128 bytes of codes, its bytes {@code j} and {@code j + 128} in the halves of byte
 * {@code j}, and the multipliers of a group are 256 bytes that many tiles in a row share.
 */
public final class FourBitTiles {
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_512;
    private static final VectorSpecies<Byte> QUARTER = ByteVector.SPECIES_128;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;
    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_512;
    private static final int LANES = 4;
    private static final int OUTPUTS = 64;
    private static final int TILE = OUTPUTS * LANES;
    private static final int CODES = TILE / 2;
    /** By multiplier and integer the code plus 8, or -1 where there is none: a division takes longer. */
    private static final byte[] LEVELS = levels();
    /** Tiles that one thread takes at a time. */
    private static final int RUN = 512;

    private final TiledLayout layout;
    private final int tiles;
    private final ByteBuffer codes;
    private final int outputs;
    private final int groups;
    /** Of each input and tap, by tap and then input, the group; or null without groups. */
    private final char[] group;

    /** Multipliers by 64 outputs, group, output; 1 for outputs past the last. 8 multipliers of 16 are 128, a byte's -128. */
    private final byte[] byBlock;

    private final int inputs;

    private FourBitTiles(TiledLayout layout, WeightCode code, int outputs, int channels, int taps, ByteBuffer codes) {
        this.layout = layout;
        this.tiles = layout.tiles();
        this.codes = codes.order(ByteOrder.LITTLE_ENDIAN);
        this.outputs = outputs;
        this.groups = code.groups(channels * taps);
        this.inputs = layout.inputs();
        int blocks = (outputs + OUTPUTS - 1) / OUTPUTS;
        this.byBlock = new byte[blocks * groups * OUTPUTS];
        Arrays.fill(byBlock, (byte) 1);
        for (int output = 0; output < outputs; output++) {
            for (int g = 0; g < groups; g++) {
                byBlock[(output / OUTPUTS * groups + g) * OUTPUTS + output % OUTPUTS] =
                        code.multipliers()[output * groups + g];
            }
        }
        this.group = groups == 0 ? null : new char[inputs * taps];
        for (int input = 0; group != null && input < inputs; input++) {
            for (int tap = 0; tap < taps; tap++) {
                int index = input < channels ? input * taps + tap : 0;
                group[tap * inputs + input] = (char) (index / code.group());
            }
        }
    }

    private static byte[] levels() {
        byte[] levels = new byte[(WeightCode.maxMultiplier(4) + 1) << Byte.SIZE];
        Arrays.fill(levels, (byte) -1);
        for (int multiplier = 1; multiplier <= WeightCode.maxMultiplier(4); multiplier++) {
            for (int code = -8; code < 8; code++) {
                levels[multiplier << Byte.SIZE | code * multiplier & 0xFF] = (byte) (code + 8);
            }
        }
        return levels;
    }

    /** Whether vectors of 512 bits may be used. */
    public static boolean supported() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                && ByteVector.SPECIES_PREFERRED.vectorByteSize() >= 64;
    }

    /**
     * Packs signed bytes that lie as {@code layout} says.
     *
     * @param storage makes direct memory of the bytes asked for, which this uses from then on
     * @return empty if the layout has other tiles, groups are not multiples of a tile's inputs, or an integer is no code
     *     of 4 bits times its multiplier
     */
    public static Optional<FourBitTiles> pack(
            ByteBuffer integers,
            TiledLayout layout,
            WeightCode code,
            int outputs,
            int channels,
            int taps,
            IntFunction<ByteBuffer> storage) {
        if (layout.outputs() != OUTPUTS
                || layout.lanes() != LANES
                || code.bits() != 4
                || code.groups(channels * taps) > Character.MAX_VALUE
                || code.group() != 0 && taps > 1 && (LANES - 1) * taps >= code.group()
                || code.group() % LANES != 0) {
            return Optional.empty();
        }
        FourBitTiles packed = new FourBitTiles(
                layout, code, outputs, channels, taps, storage.apply(Math.multiplyExact(layout.tiles(), CODES)));
        return packed.fill(integers) ? Optional.of(packed) : Optional.empty();
    }

    private boolean fill(ByteBuffer integers) {
        TiledLayout.Cursor cursor = layout.cursor();
        cursor.seek(0);
        byte[] tile = new byte[TILE];
        byte[] packed = new byte[CODES];
        for (int t = 0; t < tiles; t++, cursor.next()) {
            integers.get(t * TILE, tile);
            // Negative once a code is.
            int all = 0;
            for (int lane = 0; lane < LANES; lane++) {
                int at = group == null ? -1 : multipliersOf(cursor, lane);
                for (int i = lane, output = 0; output < OUTPUTS; i += LANES, output++) {
                    int multiplier = at < 0 ? 1 : byBlock[at + output];
                    tile[i] = LEVELS[multiplier << Byte.SIZE | tile[i] & 0xFF];
                    all |= tile[i];
                }
            }
            if (all < 0) {
                return false;
            }
            for (int i = 0; i < CODES; i++) {
                packed[i] = (byte) (tile[i] | tile[i + CODES] << 4);
            }
            codes.put(t * CODES, packed);
        }
        return true;
    }

    /** Where the multipliers of a tile's outputs are for one of its inputs. */
    private int multipliersOf(TiledLayout.Cursor cursor, int lane) {
        int of = group[cursor.tap() * inputs + cursor.input() + lane];
        return (cursor.output() / OUTPUTS * groups + of) * OUTPUTS;
    }

    /** Bytes held. */
    public long bytes() {
        return codes.capacity() + byBlock.length + (group == null ? 0 : (long) Character.BYTES * group.length);
    }

    /** Writes the integers to {@code to}, from its start on. */
    public void expand(ByteBuffer to, Workers workers) {
        ByteBuffer out = to.order(ByteOrder.LITTLE_ENDIAN);
        int runs = (tiles + RUN - 1) / RUN;
        workers.run(runs, run -> expand(run * RUN, Math.min(tiles, (run + 1) * RUN), out));
    }

    private void expand(int from, int to, ByteBuffer out) {
        if (group == null) {
            for (int tile = from; tile < to; tile++) {
                tile(tile * CODES, tile * TILE, out);
            }
            return;
        }
        TiledLayout.Cursor cursor = layout.cursor();
        cursor.seek(from);
        byte[] spread = new byte[groups * TILE];
        byte[] eights = new byte[spread.length];
        short[] twos = new short[spread.length / 2];
        byte[] mixed = new byte[TILE];
        int spreadOf = -1;
        for (int tile = from; tile < to; tile++, cursor.next()) {
            if (cursor.output() != spreadOf) {
                spreadOf = cursor.output();
                spread(spreadOf, spread, twos, eights);
            }
            int at = cursor.tap() * inputs + cursor.input();
            int first = group[at];
            int last = group[at + LANES - 1];
            if (first == last) {
                tile(tile * CODES, tile * TILE, twos, eights, first * TILE, out);
            } else {
                mix(spread, first, last, at, mixed);
                tile(tile * CODES, tile * TILE, mixed, 0, out);
            }
        }
    }

    /** Multipliers of 64 outputs in the forms that tiles are multiplied by, group after group. */
    private void spread(int firstOutput, byte[] spread, short[] twos, byte[] eights) {
        int start = firstOutput / OUTPUTS * groups * OUTPUTS;
        for (int i = 0; i < groups * OUTPUTS; i += 16) {
            IntVector multipliers = (IntVector)
                    ByteVector.fromArray(QUARTER, byBlock, start + i).convertShape(VectorOperators.B2I, INTS, 0);
            multipliers.mul(0x01010101).reinterpretAsBytes().intoArray(spread, LANES * i);
            multipliers.mul(0x08080808).reinterpretAsBytes().intoArray(eights, LANES * i);
            multipliers.mul(0x00010001).reinterpretAsShorts().intoArray(twos, LANES / 2 * i);
        }
    }

    /** The first inputs of a tile are in one group, the others in the next. */
    private void mix(byte[] spread, int first, int last, int at, byte[] mixed) {
        long lanes = 0;
        for (int lane = 0; lane < LANES; lane++) {
            if (group[at + lane] != first) {
                lanes |= 1L << lane;
            }
        }
        VectorMask<Byte> others = VectorMask.fromLong(BYTES, lanes * 0x1111111111111111L);
        for (int i = 0; i < TILE; i += 64) {
            ByteVector.fromArray(BYTES, spread, first * TILE + i)
                    .blend(ByteVector.fromArray(BYTES, spread, last * TILE + i), others)
                    .intoArray(mixed, i);
        }
    }

    /**
     * Codes lie 8 too high, from 0 to 15, and multipliers go to 16: two bytes that share a multiplier are multiplied as one
     * number of 16 bits, since no product of the lower one reaches 256. Then 8 multipliers are taken off each byte.
     */
    private void tile(int from, int to, short[] multipliers, byte[] eights, int at, ByteBuffer out) {
        for (int i = 0; i < CODES; i += 64) {
            ShortVector pairs = ByteVector.fromByteBuffer(BYTES, codes, from + i, ByteOrder.LITTLE_ENDIAN)
                    .reinterpretAsShorts();
            pairs.and((short) 0x0F0F)
                    .mul(ShortVector.fromArray(SHORTS, multipliers, (at + i) / 2))
                    .reinterpretAsBytes()
                    .sub(ByteVector.fromArray(BYTES, eights, at + i))
                    .intoByteBuffer(out, to + i, ByteOrder.LITTLE_ENDIAN);
            pairs.lanewise(VectorOperators.LSHR, 4)
                    .and((short) 0x0F0F)
                    .mul(ShortVector.fromArray(SHORTS, multipliers, (at + i + CODES) / 2))
                    .reinterpretAsBytes()
                    .sub(ByteVector.fromArray(BYTES, eights, at + i + CODES))
                    .intoByteBuffer(out, to + i + CODES, ByteOrder.LITTLE_ENDIAN);
        }
    }

    private void tile(int from, int to, byte[] multipliers, int at, ByteBuffer out) {
        for (int i = 0; i < CODES; i += 64) {
            ByteVector pairs = ByteVector.fromByteBuffer(BYTES, codes, from + i, ByteOrder.LITTLE_ENDIAN);
            low(pairs)
                    .mul(ByteVector.fromArray(BYTES, multipliers, at + i))
                    .intoByteBuffer(out, to + i, ByteOrder.LITTLE_ENDIAN);
            high(pairs)
                    .mul(ByteVector.fromArray(BYTES, multipliers, at + i + CODES))
                    .intoByteBuffer(out, to + i + CODES, ByteOrder.LITTLE_ENDIAN);
        }
    }

    private void tile(int from, int to, ByteBuffer out) {
        for (int i = 0; i < CODES; i += 64) {
            ByteVector pairs = ByteVector.fromByteBuffer(BYTES, codes, from + i, ByteOrder.LITTLE_ENDIAN);
            low(pairs).intoByteBuffer(out, to + i, ByteOrder.LITTLE_ENDIAN);
            high(pairs).intoByteBuffer(out, to + i + CODES, ByteOrder.LITTLE_ENDIAN);
        }
    }

    private static ByteVector low(ByteVector pairs) {
        return pairs.and((byte) 0x0F).sub((byte) 8);
    }

    private static ByteVector high(ByteVector pairs) {
        return pairs.lanewise(VectorOperators.LSHR, 4).and((byte) 0x0F).sub((byte) 8);
    }
}
