package org.mixdq4j.cpu.attention;

/** How queries are divided: by their number and that of keys alone. @param rows of each block but the last */
record Blocks(int queries, int rows) {
    /** @param scores of a block, about */
    static Blocks of(int queries, int keys, int scores, int least, int most) {
        return new Blocks(queries, Math.max(least, Math.min(most, scores / keys)));
    }

    int count() {
        return (queries + rows - 1) / rows;
    }

    int size(int block) {
        return Math.min(rows, queries - block * rows);
    }
}
