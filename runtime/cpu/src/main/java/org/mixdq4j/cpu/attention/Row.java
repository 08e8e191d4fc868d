package org.mixdq4j.cpu.attention;

/** Where a thread is with a row. Places in memory are counted in elements. */
final class Row {
    /** In the arena, of what is read or written. */
    int outside;
    /** In the thread's array. */
    int at;
    /** In the block's memory, of scores or of sums. */
    int scores;
    /** Of weights' high bytes, and of low ones; of levels. */
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

    /** What scores are to be multiplied by, then what weights are, or of integers results. */
    float factor;

    float maximum;
    float largest;
    float sum;
}
