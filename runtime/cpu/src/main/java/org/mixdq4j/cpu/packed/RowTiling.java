package org.mixdq4j.cpu.packed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Arrays;

/**
 * Brings row-major weights of a Linear into tiles of 64 outputs by 4 inputs, several times as fast as oneDNN, whose change of
 * layout goes byte by byte; and adds up each output's weights, by which a zero point of the input is corrected.
 */
public final class RowTiling {
    private static final int LANES = 4;
    private static final int OUTPUTS = 64;
    private static final long EVEN = 0x00FF00FF00FF00FFL;
    private static final long SIGNS = 0x8080808080808080L;
    /** Sums of so many bytes fit 16 bits. */
    private static final int SHORT_SUMS = 256;

    private RowTiling() {}

    /** Whether this is the order it writes: inputs next to each other, then outputs. */
    public static boolean writes(TiledLayout layout) {
        return layout.outputs() == OUTPUTS
                && layout.lanes() == LANES
                && layout.part(OUTPUTS)
                        .filter(part -> part.tiles() * LANES == part.inputs() && inOrder(part))
                        .isPresent();
    }

    private static boolean inOrder(TiledLayout part) {
        int step = LANES;
        for (int i = part.digits().size() - 1; i >= 0; i--) {
            TiledLayout.Digit digit = part.digits().get(i);
            if (digit.axis() != TiledLayout.Axis.INPUT || digit.step() != step) {
                return false;
            }
            step *= digit.extent();
        }
        return true;
    }

    /**
     * Writes the tiles, zeros where the layout has place for more outputs and inputs.
     *
     * @param rows signed bytes [outputs, channels] from its start on
     * @param layout one that {@link #writes}
     * @param to direct memory of the layout's bytes
     * @return the sum of each output's weights, zeros for those that are not there
     */
    public static int[] tile(ByteBuffer rows, int outputs, int channels, TiledLayout layout, ByteBuffer to) {
        int tiles = layout.part(OUTPUTS).orElseThrow().tiles();
        int blocks = (outputs + OUTPUTS - 1) / OUTPUTS;
        int[] sums = new int[blocks * OUTPUTS];
        byte[] row = new byte[(tiles * LANES + 7) / 8 * 8];
        ByteBuffer view = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
        int[] held = new int[OUTPUTS * tiles];
        int[] tiled = new int[OUTPUTS * tiles];
        ByteBuffer out = to.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        for (int block = 0; block < blocks; block++) {
            for (int i = 0; i < OUTPUTS; i++) {
                int output = block * OUTPUTS + i;
                if (output < outputs) {
                    rows.get(output * channels, row, 0, channels);
                } else {
                    Arrays.fill(row, (byte) 0);
                }
                sums[output] = sum(view.asLongBuffer(), row.length / Long.BYTES);
                view.asIntBuffer().get(0, held, i * tiles, tiles);
            }
            transpose(held, tiles, tiled);
            out.position(block * OUTPUTS * tiles * LANES);
            out.asIntBuffer().put(tiled);
        }
        return sums;
    }

    /** In squares, so that what is read stays in a core's first cache until all of it is used. */
    private static void transpose(int[] held, int tiles, int[] tiled) {
        int square = 16;
        for (int from = 0; from < tiles; from += square) {
            int to = Math.min(tiles, from + square);
            for (int output = 0; output < OUTPUTS; output++) {
                for (int tile = from; tile < to; tile++) {
                    tiled[tile * OUTPUTS + output] = held[output * tiles + tile];
                }
            }
        }
    }

    /** Of signed bytes: each is made 128 larger, so that none is negative, and added up in 16 bits. */
    private static int sum(LongBuffer bytes, int longs) {
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
