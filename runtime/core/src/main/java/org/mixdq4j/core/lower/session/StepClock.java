package org.mixdq4j.core.lower.session;

import java.util.Arrays;

/** Where the time of a program's runs goes. Of the sessions it is given to, one at a time may run. */
public final class StepClock {
    private final long[] nanos;
    private final int[] runs;

    /** @param steps of the program */
    public StepClock(int steps) {
        nanos = new long[steps];
        runs = new int[steps];
    }

    /** Notes that a step was run. */
    public void ran(int step, long duration) {
        nanos[step] += duration;
        runs[step]++;
    }

    /** Mean of a step's runs in seconds; 0 of one that was not run. */
    public double seconds(int step) {
        return runs[step] == 0 ? 0 : nanos[step] * 1e-9 / runs[step];
    }

    /** How often it was run. */
    public int runs(int step) {
        return runs[step];
    }

    /** As if nothing had run. */
    public void clear() {
        Arrays.fill(nanos, 0);
        Arrays.fill(runs, 0);
    }
}
