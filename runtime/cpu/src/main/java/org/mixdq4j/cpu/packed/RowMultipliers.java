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
    @Override
    public Reader reader() {
        byte[] bytes = new byte[CodeChunk.CODES];
        ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int groups = (width + group - 1) / group;
        return (first, out) -> {
            int row = first * Long.BYTES / width;
            int column = first * Long.BYTES % width;
            for (int at = 0; at < bytes.length && row < rows; ) {
                int end = Math.min(width, (column / group + 1) * group);
                int length = Math.min(end - column, bytes.length - at);
                Arrays.fill(bytes, at, at + length, multipliers.get(row * groups + column / group));
                at += length;
                column += length;
                if (column == width) {
                    column = 0;
                    row++;
                }
            }
            view.asLongBuffer().get(out);
        };
    }
}
