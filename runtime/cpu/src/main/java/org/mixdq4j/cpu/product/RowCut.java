package org.mixdq4j.cpu.product;

import java.util.ArrayList;
import java.util.List;

/**
 * How threads share a product of rows: by its shape alone, never by their number. Wide blocks of outputs come first, since a kernel
 * is the faster the more it has to do, and narrow ones last, so that all threads end at about the same time.
 *
 * @param rows all
 * @param rowBlock rows of a part
 * @param groups of blocks of outputs, in their order
 */
record RowCut(int rows, int rowBlock, List<Group> groups) {
    /** Wide blocks there are at least of many outputs, so that eight threads have some. */
    private static final int BLOCKS = 8;
    /** Outputs of a wide block, where there are four times as many. */
    private static final int WIDE = 128;

    private static final int WIDEST = 384;
    /** Bytes of a block's weights at most: they stay in a core's second cache while they are multiplied by all rows. */
    private static final int BYTES = 1 << 20;
    /** Rows of a part, where all rows can be divided so. */
    private static final int ROWS = 512;

    private static final int FEWEST_ROWS = 128;

    /** Blocks of equal width, one after the other. @param from first output. @param to one past the last */
    record Group(int from, int to, int width) {
        int blocks() {
            return (to - from) / width;
        }
    }

    RowCut {
        groups = List.copyOf(groups);
    }

    /**
     * Blocks of outputs depend on the weights alone, which products of other rows share.
     *
     * @param unit outputs of which blocks are multiples, but for a last one
     */
    static RowCut of(int rows, int channels, int outputs, int unit) {
        int share = Math.max(outputs / BLOCKS, Math.min(WIDE, outputs / 4));
        int most = Math.min(WIDEST, BYTES / channels);
        int width = Math.max(1, Math.min(share, most) / unit) * unit;
        // A fifth is left to narrow blocks.
        int wide = outputs * 4 / 5 / width * width;
        int whole = outputs / unit * unit;
        List<Group> groups = new ArrayList<>();
        add(groups, 0, wide, width);
        add(groups, wide, whole, unit);
        add(groups, whole, outputs, outputs - whole);
        return new RowCut(rows, rowBlock(rows), groups);
    }

    private static void add(List<Group> groups, int from, int to, int width) {
        if (to > from) {
            groups.add(new Group(from, to, width));
        }
    }

    private static int rowBlock(int rows) {
        int block = Math.min(rows, ROWS);
        while (rows % block != 0) {
            block--;
        }
        return block < FEWEST_ROWS ? rows : block;
    }

    int rowBlocks() {
        return rows / rowBlock;
    }

    int parts() {
        return rowBlocks() * groups.stream().mapToInt(Group::blocks).sum();
    }
}
