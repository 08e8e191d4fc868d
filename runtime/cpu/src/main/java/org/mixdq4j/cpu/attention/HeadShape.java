package org.mixdq4j.cpu.attention;

import org.mixdq4j.core.tensor.DType;

/**
 * What the two products of a block of queries of one head depend on: steps that agree in it share primitives.
 *
 * @param depth features of a head
 * @param queryStride elements from one query to the next; likewise the others
 * @param type of queries, keys, values and, between the products, weights: F32 or BF16
 */
record HeadShape(
        int queries,
        int keys,
        int depth,
        long queryStride,
        long keyStride,
        long valueStride,
        long resultStride,
        DType type) {
    /** Bytes that the rows of two scores are apart must not be a multiple of a page's: they would share cache lines' places. */
    private static final int LINE = 16;

    /** Elements from one row of scores to the next. */
    int scoreStride() {
        int lines = (keys + LINE - 1) / LINE;
        return (lines + 1 - lines % 2) * LINE;
    }

    long scoreBytes() {
        return 4L * queries * scoreStride();
    }

    /** Of weights, where these have another type than scores. */
    long weightBytes() {
        return type == DType.F32 ? 0 : (long) type.bytes() * queries * scoreStride();
    }
}
