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
    /** Keys that the query sees: the first ones. */
    int seen;
    /** The same, filled up to whole vectors. */
    int filled;
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
