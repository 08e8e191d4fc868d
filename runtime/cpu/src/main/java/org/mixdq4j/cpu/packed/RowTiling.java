package org.mixdq4j.cpu.packed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;
import org.mixdq4j.cpu.packed.TiledLayout.Digit;

/**
 * Brings row-major weights into tiles of some outputs by 4 inputs, many times as fast as oneDNN, whose change of layout goes byte by
 * byte; and adds up each output's weights, by which a zero point of the input is corrected.
 */
public final class RowTiling {
    private static final int LANES = 4;
    private static final long EVEN = 0x00FF00FF00FF00FFL;
    private static final long SIGNS = 0x8080808080808080L;
    /** Sums of so many bytes fit 16 bits. */
    private static final int SHORT_SUMS = 256;
    /** Outputs of which columns are made at a time: a line of the cache. */
    private static final int COLUMN = 64;
    /** Tiles that are turned at a time. */
    private static final int SQUARE = 16;

    /** What is compiled moves so many bytes in a nanosecond; what is interpreted, a tenth of that. */
    private static final double COMPILED = 0.5;

    private static final int WARM_ROUNDS = 400;

    private RowTiling() {}

    /**
     * Has its loops compiled, on weights of no network: those of the first layers would else be moved by the JVM's interpreter, a
     * whole second for some dozen megabytes. Takes a tenth of a second or two.
     */
    public static void warmUp() {
        int channels = 64;
        int taps = 9;
        TiledLayout plain = new TiledLayout(List.of(new Digit(Axis.INPUT, channels * taps / LANES, LANES)), 64, LANES);
        List<Digit> digits = List.of(new Digit(Axis.TAP, taps, 1), new Digit(Axis.INPUT, channels / LANES, LANES));
        TiledLayout image = new TiledLayout(digits, 64, LANES);
        ByteBuffer own = ByteBuffer.allocateDirect(64 * channels * taps);
        ByteBuffer to = ByteBuffer.allocateDirect(own.capacity());
        for (int round = 0; round < WARM_ROUNDS; round++) {
            // Mapped files are read-only, layers that were joined are not; what was compiled for one alone is thrown
            // away.
            ByteBuffer rows = round % 2 == 0 ? own : own.asReadOnlyBuffer();
            long start = System.nanoTime();
            tile(rows, 64, channels * taps, 1, plain, to);
            tile(rows, 64, channels, taps, image, to);
            turn(rows, 64, channels * taps, 64, to);
            if (3.0 * rows.capacity() / (System.nanoTime() - start) > COMPILED) {
                return;
            }
        }
    }

    /** Whether tiles are what it writes, and all of the same outputs next to each other. */
    public static boolean writes(TiledLayout layout) {
        return columns(layout)
                || layout.lanes() == LANES && layout.part(layout.outputs()).isPresent();
    }

    /** Whether a tile is an input with all outputs, which is a matrix turned around. */
    private static boolean columns(TiledLayout layout) {
        return layout.lanes() == 1
                && layout.digits().size() == 1
                && layout.digits().get(0).axis() == Axis.INPUT
                && layout.digits().get(0).step() == 1;
    }

    /**
     * Writes the tiles, zeros where the layout has place for more outputs and inputs.
     *
     * @param rows signed bytes [outputs, channels, taps] from its start on
     * @param layout one that {@link #writes}
     * @param to direct memory of the layout's bytes
     * @return the sum of each output's weights, zeros for those that are not there
     */
    public static int[] tile(ByteBuffer rows, int outputs, int channels, int taps, TiledLayout layout, ByteBuffer to) {
        if (columns(layout)) {
            return turn(rows, outputs, channels, layout.outputs(), to);
        }
        int unit = layout.outputs();
        TiledLayout part = layout.part(unit).orElseThrow();
        int[] starts = starts(part, taps);
        int tiles = starts.length;
        int blocks = (outputs + unit - 1) / unit;
        int[] sums = new int[blocks * unit];
        byte[] row = new byte[(part.inputs() * taps + 7) / 8 * 8];
        ByteBuffer view = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
        LongBuffer longs = view.asLongBuffer();
        IntBuffer ints = view.asIntBuffer();
        int[] held = new int[unit * tiles];
        int[] tiled = new int[unit * tiles];
        ByteBuffer out = to.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        boolean asStored = taps == 1 && IntStream.range(0, tiles).allMatch(tile -> starts[tile] == tile * LANES);
        for (int block = 0; block < blocks; block++) {
            for (int i = 0; i < unit; i++) {
                int output = block * unit + i;
                if (output < outputs) {
                    rows.get(output * channels * taps, row, 0, channels * taps);
                } else {
                    Arrays.fill(row, (byte) 0);
                }
                sums[output] = sum(longs);
                if (asStored) {
                    ints.get(0, held, i * tiles, tiles);
                } else {
                    gather(row, starts, taps, held, i * tiles);
                }
            }
            for (int tile = 0; tile < tiles; tile += SQUARE) {
                transpose(held, tiles, tile, Math.min(tiles, tile + SQUARE), unit, tiled);
            }
            out.position(block * unit * tiles * LANES);
            out.asIntBuffer().put(tiled);
        }
        return sums;
    }

    /** Columns instead of rows. @param width outputs there is place for */
    private static int[] turn(ByteBuffer rows, int outputs, int channels, int width, ByteBuffer to) {
        // Of a length that is no multiple of many cache lines: else few columns have place in the cache at a time.
        int length = (channels / COLUMN * 2 + 3) * COLUMN / 2;
        byte[] some = new byte[COLUMN * length];
        byte[] column = new byte[COLUMN];
        int[] sums = new int[width];
        LongBuffer longs = ByteBuffer.wrap(some).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        for (int from = 0; from < width; from += COLUMN) {
            int count = Math.min(COLUMN, width - from);
            for (int i = 0; i < count; i++) {
                if (from + i < outputs) {
                    rows.get((from + i) * channels, some, i * length, channels);
                } else {
                    Arrays.fill(some, i * length, (i + 1) * length, (byte) 0);
                }
                sums[from + i] = sum(longs.slice(i * length / Long.BYTES, length / Long.BYTES));
            }
            for (int channel = 0; channel < channels; channel++) {
                column(some, channel, length, count, column);
                to.put(channel * width + from, column, 0, count);
            }
        }
        return sums;
    }

    private static void column(byte[] rows, int at, int length, int count, byte[] column) {
        for (int i = 0; i < count; i++) {
            column[i] = rows[at + i * length];
        }
    }

    /** Where in a row [inputs, taps] the first input of each tile is. */
    private static int[] starts(TiledLayout part, int taps) {
        int[] starts = new int[part.tiles()];
        TiledLayout.Cursor cursor = part.cursor();
        cursor.seek(0);
        for (int tile = 0; tile < starts.length; tile++, cursor.next()) {
            starts[tile] = cursor.input() * taps + cursor.tap();
        }
        return starts;
    }

    /** A row's tiles, an int each. */
    private static void gather(byte[] row, int[] starts, int taps, int[] held, int at) {
        for (int tile = 0; tile < starts.length; tile++) {
            int from = starts[tile];
            held[at + tile] = row[from] & 0xFF
                    | (row[from + taps] & 0xFF) << 8
                    | (row[from + 2 * taps] & 0xFF) << 16
                    | row[from + 3 * taps] << 24;
        }
    }

    /** Some tiles of all outputs: what is read stays in a core's first cache until all of it is used. */
    private static void transpose(int[] held, int tiles, int from, int to, int outputs, int[] tiled) {
        for (int output = 0; output < outputs; output++) {
            for (int tile = from; tile < to; tile++) {
                tiled[tile * outputs + output] = held[output * tiles + tile];
            }
        }
    }

    /** Of signed bytes: each is made 128 larger, so that none is negative, and added up in 16 bits. */
    private static int sum(LongBuffer bytes) {
        int longs = bytes.limit();
        int sum = 0;
        for (int from = 0; from < longs; from += SHORT_SUMS / 2) {
            int to = Math.min(longs, from + SHORT_SUMS / 2);
            long sums = 0;
            for (int i = from; i < to; i++) {
                long levels = bytes.get(i) ^ SIGNS;
                sums += (levels & EVEN) + (levels >>> 8 & EVEN);
            }
            sum += (int) ((sums & 0xFFFF) + (sums >>> 16 & 0xFFFF) + (sums >>> 32 & 0xFFFF) + (sums >>> 48))
                    - 128 * 8 * (to - from);
        }
        return sum;
    }
}
