package org.mixdq4j.cpu.packed;

import java.util.Arrays;
import org.mixdq4j.core.quant.WeightCode;

/**
 * Multipliers of a weight in tiles. A tile holds one tap of a few input channels for many outputs, so that it needs one
 * group's multipliers of those outputs, or, where its inputs lie in several groups, some bytes of each.
 */
public final class TiledMultipliers implements Multipliers {
    private final TiledLayout layout;
    private final WeightCode code;
    private final int outputs;
    private final int taps;
    private final int groups;
    /** Of each input and tap. */
    private final char[] group;

    /**
     * @param code with groups
     * @param channels input channels; an input past them is a copy of channel {@code input % channels}
     */
    public TiledMultipliers(TiledLayout layout, WeightCode code, int outputs, int channels, int taps) {
        int width = channels * taps;
        this.layout = layout;
        this.code = code;
        this.outputs = outputs;
        this.taps = taps;
        this.groups = code.groups(width);
        if (groups > Character.MAX_VALUE) {
            throw new IllegalArgumentException(groups + " groups a channel, at most 65535 are expected");
        }
        this.group = new char[layout.inputs() * taps];
        for (int i = 0; i < group.length; i++) {
            group[i] = (char) (i % width / code.group());
        }
    }

    @Override
    public long bytes() {
        return code.multipliers().length + (long) Character.BYTES * group.length;
    }

    @Override
    public Reader reader() {
        return new TileReader();
    }

    private final class TileReader implements Reader {
        private final TiledLayout.Cursor cursor = layout.cursor();
        private final int tileLongs = layout.tileLongs();
        private final int tiles = layout.tiles();
        /** Of the outputs of the last tile, in a tile's order: [groups, longs of a tile]. */
        private final long[] spread = new long[groups * tileLongs];

        private int spreadOutput = -1;

        @Override
        public void read(int first, long[] multipliers) {
            int tile = first / tileLongs;
            int offset = first % tileLongs;
            cursor.seek(tile);
            for (int at = 0; at < multipliers.length && tile < tiles; tile++) {
                if (cursor.output() != spreadOutput) {
                    spread(cursor.output());
                }
                int length = Math.min(tileLongs - offset, multipliers.length - at);
                tile(offset, multipliers, at, length);
                at += length;
                offset = 0;
                cursor.next();
            }
        }

        private void tile(int offset, long[] to, int at, int length) {
            int lanes = layout.lanes();
            for (int lane = 0; lane < lanes; ) {
                int own = group(lane);
                int end = lane + 1;
                while (end < lanes && group(end) == own) {
                    end++;
                }
                int from = own * tileLongs + offset;
                if (end - lane == lanes) {
                    System.arraycopy(spread, from, to, at, length);
                } else {
                    select(from, lanes(lane, end), lane == 0, to, at, length);
                }
                lane = end;
            }
        }

        private void select(int from, long mask, boolean first, long[] to, int at, int length) {
            if (first) {
                for (int i = 0; i < length; i++) {
                    to[at + i] = spread[from + i] & mask;
                }
            } else {
                for (int i = 0; i < length; i++) {
                    to[at + i] |= spread[from + i] & mask;
                }
            }
        }

        private int group(int lane) {
            return group[(cursor.input() + lane) * taps + cursor.tap()];
        }

        /** The bytes of lanes {@code [from, to)} of every output in a long. */
        private long lanes(int from, int to) {
            long mask = 0;
            for (int i = 0; i < Long.BYTES; i++) {
                int lane = i % layout.lanes();
                if (lane >= from && lane < to) {
                    mask |= 0xFFL << Byte.SIZE * i;
                }
            }
            return mask;
        }

        private void spread(int firstOutput) {
            int perLong = Long.BYTES / layout.lanes();
            long ones = lanes(0, layout.lanes()) >>> Long.SIZE - Byte.SIZE * layout.lanes() & 0x0101010101010101L;
            byte[] multipliers = code.multipliers();
            Arrays.fill(spread, 0);
            for (int i = 0; i < layout.outputs(); i++) {
                int output = firstOutput + i;
                int shift = Byte.SIZE * layout.lanes() * (i % perLong);
                for (int g = 0; g < groups; g++) {
                    long multiplier = output < outputs ? multipliers[output * groups + g] & 0xFF : 1;
                    spread[g * tileLongs + i / perLong] |= multiplier * ones << shift;
                }
            }
            spreadOutput = firstOutput;
        }
    }
}
