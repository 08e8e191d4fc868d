package org.mixdq4j.bitalloc.solve;

/**
 * A choice and what is known about it.
 *
 * @param choice option of every class
 * @param objective its sum of values
 * @param bound no choice has a larger sum of values than this: what the solver proved
 * @param proven whether the solver proved the choice optimal
 * @param seconds wall-clock time of the solve
 */
public record Solution(int[] choice, double objective, double bound, boolean proven, double seconds) {
    /** How much better than this choice another could be at most. */
    public double gap() {
        return bound - objective;
    }
}
