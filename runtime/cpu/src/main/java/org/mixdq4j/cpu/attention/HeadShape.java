package org.mixdq4j.cpu.attention;

/**
 * What the two products of a block of queries of one head depend on: steps that agree in it share primitives.
 *
 * @param depth features of a head
 * @param queryStride elements from one query to the next; likewise the others
 */
record HeadShape(int queries, int keys, int depth, long queryStride, long keyStride, long valueStride) {
    private static final int LINE = 64;

    /**
     * Elements from one row of scores or weights to the next: room to fill the last vector, and no multiple of a page's.
     *
     * @param bytes of an element
     */
    static int stride(int keys, int bytes) {
        int line = LINE / bytes;
        int lines = (keys + line - 1) / line;
        return (lines + 1 - lines % 2) * line;
    }
}
