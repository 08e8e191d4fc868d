package org.mixdq4j.cpu.packed;

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
        private final byte[] multipliers = code.multipliers();
        private final TiledLayout.Cursor cursor = layout.cursor();
        private final int tileLongs = layout.tileLongs();
        private final int tiles = layout.tiles();
        /** Of the outputs of the last tile, in a tile's order: [groups, longs of a tile]. */
        private final long[] spread = new long[groups * tileLongs];

        /** The bytes of the lanes before one, of all outputs of a long. */
        private final long[] before = new long[layout.lanes() + 1];

        private int spreadOutput = -1;

        TileReader() {
            for (int i = 0; i < Long.BYTES; i++) {
                for (int lane = i % layout.lanes() + 1; lane < before.length; lane++) {
                    before[lane] |= 0xFFL << Byte.SIZE * i;
                }
            }
        }

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
            int own = group(0);
            int end = end(0, own);
            int from = own * tileLongs + offset;
            if (end == lanes) {
                System.arraycopy(spread, from, to, at, length);
                return;
            }
            int next = group(end);
            select(from, next * tileLongs + offset, before[end], to, at, length);
            for (int lane = end(end, next); lane < lanes; lane = end) {
                next = group(lane);
                end = end(lane, next);
                add(next * tileLongs + offset, before[end] & ~before[lane], to, at, length);
            }
        }

        /** One past the last of the lanes from {@code lane} on that are in {@code group}. */
        private int end(int lane, int group) {
            int end = lane + 1;
            while (end < layout.lanes() && group(end) == group) {
                end++;
            }
            return end;
        }

        private void select(int from, int other, long mask, long[] to, int at, int length) {
            for (int i = 0; i < length; i++) {
                to[at + i] = spread[from + i] & mask | spread[other + i] & ~mask;
            }
        }

        private void add(int from, long mask, long[] to, int at, int length) {
            for (int i = 0; i < length; i++) {
                to[at + i] = to[at + i] & ~mask | spread[from + i] & mask;
            }
        }

        private int group(int lane) {
            return group[(cursor.input() + lane) * taps + cursor.tap()];
        }

        private void spread(int firstOutput) {
            int perLong = Long.BYTES / layout.lanes();
            long ones = -1L >>> Long.SIZE - Byte.SIZE * layout.lanes() & 0x0101010101010101L;
            for (int g = 0; g < groups; g++) {
                for (int i = 0; i < tileLongs; i++) {
                    long held = 0;
                    for (int k = perLong - 1; k >= 0; k--) {
                        // Shifted by all of its bits, a long would stay as it is; but then nothing is held yet.
                        held = held << Byte.SIZE * layout.lanes() | multiplier(firstOutput + i * perLong + k, g) * ones;
                    }
                    spread[g * tileLongs + i] = held;
                }
            }
            spreadOutput = firstOutput;
        }

        private long multiplier(int output, int group) {
            return output < outputs ? multipliers[output * groups + group] & 0xFF : 1;
        }
    }
}
