package org.mixdq4j.cpu.vector;

/** What is done with a few rows while they are in scratch memory: read, changed, or written. */
interface Stage {
    /** @param first number of the first row, among all of the step; all are of one sample */
    void apply(Scratch scratch, int first, int rows);
}
