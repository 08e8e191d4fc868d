package org.mixdq4j.cpu.packed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Multipliers of a row-major weight.
 *
 * @param multipliers [rows, groups of a row], unsigned bytes
 * @param width integers of a row
 * @param group integers that share a multiplier; a row's last group may be shorter
 */
public record RowMultipliers(ByteBuffer multipliers, int rows, int width, int group) implements Multipliers {
    private static final long ONES = 0x0101010101010101L;

    @Override
    public Reader reader() {
        return width % Long.BYTES == 0 && group % Long.BYTES == 0 ? this::readLongs : byBytes();
    }

    private Reader byBytes() {
        byte[] bytes = new byte[CodeChunk.CODES];
        ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return (first, out) -> {
            walk(first * Long.BYTES, bytes.length, 1, (from, to, value) -> Arrays.fill(bytes, from, to, value));
            view.asLongBuffer().get(out);
        };
    }

    private void readLongs(int first, long[] out) {
        walk(
                first,
                out.length,
                Long.BYTES,
                (from, to, value) -> Arrays.fill(out, from, to, Byte.toUnsignedLong(value) * ONES));
    }

    private interface Run {
        void fill(int from, int to, byte multiplier);
    }

    /**
     * @param first to read, in units
     * @param count units to read
     * @param unit integers, which divide rows and groups
     */
    private void walk(int first, int count, int unit, Run run) {
        int perRow = width / unit;
        int perGroup = group / unit;
        int groups = (width + group - 1) / group;
        int row = first / perRow;
        int column = first % perRow;
        for (int at = 0; at < count && row < rows; ) {
            int end = Math.min(perRow, (column / perGroup + 1) * perGroup);
            int length = Math.min(end - column, count - at);
            run.fill(at, at + length, multipliers.get(row * groups + column / perGroup));
            at += length;
            column += length;
            if (column == perRow) {
                column = 0;
                row++;
            }
        }
    }
}
