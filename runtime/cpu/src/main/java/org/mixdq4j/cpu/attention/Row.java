package org.mixdq4j.cpu.attention;

/** Where a thread is with rows. Places in memory are those of the first row, counted in elements. */
final class Row {
    /** In the block's memory, of scores. */
    int scores;
    /** Of weights' high bytes, and of low ones. */
    int high;

    int low;
    /** Bytes from one row of weights to the next. */
    int stride;
    /** Number of the query. */
    int query;
    /** First element of what is added. */
    int bias;
    /** Of a head in integers. */
    int head;
}
