package org.mixdq4j.cpu.attention;

/**
 * What the two products of a block of queries of one head depend on: steps that agree in it share primitives.
 *
 * @param depth features of a head
 * @param queryStride elements from one query to the next; likewise the others
 */
record HeadShape(
        int queries, int keys, int depth, long queryStride, long keyStride, long valueStride, long resultStride) {
    /** Elements in 64 bytes. */
    private static final int LINE = 16;

    /** Elements from one row of scores to the next: room to fill the last vector, and no multiple of a page's. */
    static int scoreStride(int keys) {
        int lines = (keys + LINE - 1) / LINE;
        return (lines + 1 - lines % 2) * LINE;
    }
}
