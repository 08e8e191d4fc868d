package org.mixdq4j.cpu.attention;

import org.mixdq4j.cpu.vector.Scratch;

/** Where a thread is with a row of scores. */
final class ScoreRow {
    Scratch scratch;
    /** First element of the row among the block's scores, and among its weights. */
    int at;
    /** Number of the query. */
    int query;
    /** First element of its bias. */
    int biasAt;

    /** Keys that the query sees: the first ones. */
    int seen;
    /** Scores in scratch memory, those beyond what is seen negative infinity. */
    int filled;
    /** What scores are still to be multiplied by. */
    float factor;

    float maximum;
    float sum;
}
