package org.mixdq4j.cpu.packed;

import static org.mixdq4j.cpu.packed.FourBitVectors.CODES;
import static org.mixdq4j.cpu.packed.FourBitVectors.CODE_INTS;
import static org.mixdq4j.cpu.packed.FourBitVectors.LANES;
import static org.mixdq4j.cpu.packed.FourBitVectors.OUTPUTS;
import static org.mixdq4j.cpu.packed.FourBitVectors.TILE;
import static org.mixdq4j.cpu.packed.FourBitVectors.TILE_INTS;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntFunction;
import jdk.incubator.vector.ByteVector;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.cpu.session.Workers;

/**
 * Weights of 4 bits in tiles of 64 outputs by 4 inputs, which is how kernels with 512-bit vectors read them, expanded as fast
 * as memory takes them: a tile is 128 bytes of codes, its bytes {@code j} and {@code j + 128} in the halves of byte
 * {@code j}, and the 64 multipliers of a group are shared by many tiles in a row.
 */
public final class FourBitTiles {
    /** By multiplier and integer the code plus 8, or -1 where there is none: a division takes longer. */
    private static final byte[] LEVELS = levels();
    /** Tiles that one thread takes at a time. */
    private static final int RUN = 512;
    /** Tiles that are copied from and to buffers at a time: what stays in a core's first cache. */
    private static final int PIECE = 64;

    private static final ThreadLocal<Room> ROOM = ThreadLocal.withInitial(Room::new);

    private final TiledLayout layout;
    private final int tiles;
    /** Of 64 outputs, where these are in one piece. */
    private final int tilesOfBlock;

    private final ByteBuffer codes;
    private final int groups;
    private final int taps;
    /** Of each input and tap, by tap and then input, the group; or null without groups. */
    private final char[] group;

    /** Multipliers by 64 outputs, group, output; 1 for outputs past the last. 8 multipliers of 16 are 128, a byte's -128. */
    private final ByteBuffer byBlock;

    private final int inputs;

    /** Arrays that a thread needs to expand tiles. */
    private static final class Room {
        private final int[] codes = new int[PIECE * CODE_INTS];
        private final int[] out = new int[PIECE * TILE_INTS];
        /** Of 64 outputs, group after group; and as numbers of 32 bits. */
        private byte[] multipliers = {};

        private int[] wide = {};

        void grow(int groups) {
            if (multipliers.length < groups * OUTPUTS) {
                multipliers = new byte[groups * OUTPUTS];
                wide = new int[groups * OUTPUTS];
            }
        }
    }

    private FourBitTiles(
            TiledLayout layout, WeightCode code, int outputs, int channels, int taps, IntFunction<ByteBuffer> storage) {
        this.layout = layout;
        this.tiles = layout.tiles();
        this.tilesOfBlock = layout.part(OUTPUTS).map(TiledLayout::tiles).orElse(0);
        this.codes = storage.apply(Math.multiplyExact(tiles, CODES)).order(ByteOrder.LITTLE_ENDIAN);
        this.taps = taps;
        this.groups = code.groups(channels * taps);
        this.inputs = layout.inputs();
        byte[] multipliers = byBlock(code, outputs);
        this.byBlock = storage.apply(Math.max(1, multipliers.length)).put(0, multipliers);
        this.group = groups == 0 ? null : new char[inputs * taps];
        for (int input = 0; group != null && input < inputs; input++) {
            for (int tap = 0; tap < taps; tap++) {
                // Inputs past the last are in its group: no tile then lies in three.
                int index = Math.min(input, channels - 1) * taps + tap;
                group[tap * inputs + input] = (char) (index / code.group());
            }
        }
    }

    private byte[] byBlock(WeightCode code, int outputs) {
        int blocks = (outputs + OUTPUTS - 1) / OUTPUTS;
        byte[] multipliers = new byte[blocks * groups * OUTPUTS];
        Arrays.fill(multipliers, (byte) 1);
        for (int output = 0; output < outputs; output++) {
            for (int g = 0; g < groups; g++) {
                multipliers[(output / OUTPUTS * groups + g) * OUTPUTS + output % OUTPUTS] =
                        code.multipliers()[output * groups + g];
            }
        }
        return multipliers;
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
        FourBitTiles packed = new FourBitTiles(layout, code, outputs, channels, taps, storage);
        return packed.fill(integers) ? Optional.of(packed) : Optional.empty();
    }

    private boolean fill(ByteBuffer integers) {
        TiledLayout.Cursor cursor = layout.cursor();
        cursor.seek(0);
        byte[] multipliers = new byte[byBlock.capacity()];
        byBlock.get(0, multipliers);
        byte[] tile = new byte[TILE];
        byte[] packed = new byte[CODES];
        for (int t = 0; t < tiles; t++, cursor.next()) {
            integers.get(t * TILE, tile);
            // Negative once a code is.
            int all = 0;
            for (int lane = 0; lane < LANES; lane++) {
                int at = group == null ? -1 : multipliersOf(cursor, lane);
                for (int i = lane, output = 0; output < OUTPUTS; i += LANES, output++) {
                    int multiplier = at < 0 ? 1 : multipliers[at + output];
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
        return blockOf(cursor.output()) + of * OUTPUTS;
    }

    /** How the integers lie. */
    public TiledLayout layout() {
        return layout;
    }

    /** Bytes held. */
    public long bytes() {
        return codes.capacity() + byBlock.capacity() + (group == null ? 0 : (long) Character.BYTES * group.length);
    }

    /** Writes the integers to {@code to}, from its start on. */
    public void expand(ByteBuffer to, Workers workers) {
        // Multipliers of several taps are made wide anew in each run.
        int length = taps > 1 && tilesOfBlock > 0 ? tilesOfBlock : RUN;
        int runs = (tiles + length - 1) / length;
        workers.run(runs, run -> expand(run * length, Math.min(tiles, (run + 1) * length), to, run * length * TILE));
    }

    /**
     * Writes the integers of some outputs to {@code to}, from its start on; what {@link TiledLayout#part} says of them.
     *
     * @param first a tile's first output
     * @return bytes written
     */
    public int expandOutputs(int first, int count, ByteBuffer to) {
        int from = first / OUTPUTS * tilesOfBlock;
        int end = from + (count + OUTPUTS - 1) / OUTPUTS * tilesOfBlock;
        expand(from, end, to, 0);
        return (end - from) * TILE;
    }

    /** Writes the integers of tiles {@code [from, to)} to {@code out}, from {@code at} on. */
    void expand(int from, int to, ByteBuffer out, int at) {
        Room room = ROOM.get();
        room.grow(groups);
        IntBuffer packed = codes.asIntBuffer();
        IntBuffer integers =
                out.slice(at, (to - from) * TILE).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        TiledLayout.Cursor cursor = layout.cursor();
        cursor.seek(from);
        int wideOf = -1;
        for (int first = from; first < to; first += PIECE) {
            int count = Math.min(PIECE, to - first);
            packed.get(first * CODE_INTS, room.codes, 0, count * CODE_INTS);
            for (int done = 0, run; done < count; done += run) {
                run = Math.min(count - done, cursor.run());
                if (group == null) {
                    FourBitVectors.plain(room.codes, done * CODE_INTS, run, room.out, done * TILE_INTS);
                } else if (taps == 1) {
                    oneTap(cursor, room, done, run);
                } else {
                    if (cursor.output() != wideOf) {
                        wideOf = cursor.output();
                        byBlock.get(blockOf(wideOf), room.multipliers, 0, groups * OUTPUTS);
                        FourBitVectors.widen(room.multipliers, 0, groups * OUTPUTS, room.wide);
                    }
                    severalTaps(cursor, room, done, run);
                }
                cursor.skip(run);
            }
            integers.put((first - from) * TILE_INTS, room.out, 0, count * TILE_INTS);
        }
    }

    /** Tiles in a row are of one group, as groups are whole tiles. */
    private void oneTap(TiledLayout.Cursor cursor, Room room, int start, int tilesInRow) {
        int input = cursor.input();
        int firstGroup = group[input];
        int count = group[input + (tilesInRow - 1) * LANES] + 1 - firstGroup;
        byBlock.get(blockOf(cursor.output()) + firstGroup * OUTPUTS, room.multipliers, 0, count * OUTPUTS);
        FourBitVectors.widen(room.multipliers, 0, count * OUTPUTS, room.wide);
        for (int i = 0, same; i < tilesInRow; i += same) {
            int at = input + i * LANES;
            same = 1;
            while (i + same < tilesInRow && group[at + same * LANES] == group[at]) {
                same++;
            }
            int tile = start + i;
            FourBitVectors.multiply(
                    room.codes,
                    tile * CODE_INTS,
                    same,
                    room.wide,
                    (group[at] - firstGroup) * OUTPUTS,
                    room.out,
                    tile * TILE_INTS);
        }
    }

    /** A group is a run of inputs with all of their taps, so that inputs of one tap may lie in two. */
    private void severalTaps(TiledLayout.Cursor cursor, Room room, int start, int tilesInRow) {
        int at = cursor.tap() * inputs + cursor.input();
        for (int i = 0; i < tilesInRow; i++, at += LANES) {
            int first = group[at];
            int others = 0;
            for (int lane = 1; lane < LANES; lane++) {
                others |= group[at + lane] == first ? 0 : 0xFF << lane * Byte.SIZE;
            }
            int tile = start + i;
            FourBitVectors.mixed(
                    room.codes,
                    tile * CODE_INTS,
                    room.wide,
                    first * OUTPUTS,
                    group[at + LANES - 1] * OUTPUTS,
                    others,
                    room.out,
                    tile * TILE_INTS);
        }
    }

    /** Where the multipliers of a tile's outputs begin. */
    private int blockOf(int output) {
        return output / OUTPUTS * groups * OUTPUTS;
    }
}
