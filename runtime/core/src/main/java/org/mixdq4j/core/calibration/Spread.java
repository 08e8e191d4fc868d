package org.mixdq4j.core.calibration;

import java.util.SortedSet;
import java.util.TreeSet;

/** Which parts of a calibration set to look at where not all of them are. */
public final class Spread {
    private Spread() {}

    /**
     * Samples evenly spaced, and of each another of its parts in turn. Even spacing over all parts alike would, where it is a
     * multiple of a sample's parts, meet one step of the scheduler only.
     *
     * @param samples how many there are
     * @param parts of each: its steps, or its steps' rows
     * @param count how many parts to choose; of fewer all are taken
     * @return indices, sample * parts + part
     */
    public static SortedSet<Integer> of(int samples, int parts, int count) {
        int wanted = (int) Math.min(count, (long) samples * parts);
        SortedSet<Integer> chosen = new TreeSet<>();
        for (int i = 0; i < wanted; i++) {
            // The middle one of each of `wanted` equal stretches.
            int sample = (int) ((2L * i + 1) * samples / (2L * wanted));
            chosen.add(sample * parts + i % parts);
        }
        return chosen;
    }
}
