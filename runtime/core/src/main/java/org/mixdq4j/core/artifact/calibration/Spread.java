package org.mixdq4j.core.artifact.calibration;

import java.util.SortedSet;
import java.util.TreeSet;

/** Which rows of a calibration set to look at where not all of them are. */
public final class Spread {
    private Spread() {}

    /**
     * Samples evenly spaced, with another step of each in turn, or where there are more steps than rows asked for, with evenly
     * spaced ones; and another side of guidance in turn. Even spacing over all rows alike would, where it is a multiple of a
     * sample's rows, meet one step of the scheduler only.
     *
     * @param sides rows a step: 2 with guidance; 1 where both sides go together
     * @param count how many to choose; of fewer all are taken
     * @return positions, (sample * steps + step) * sides + side
     */
    public static SortedSet<Integer> of(int samples, int steps, int sides, int count) {
        int wanted = (int) Math.min(count, (long) samples * steps * sides);
        SortedSet<Integer> chosen = new TreeSet<>();
        for (int i = 0; i < wanted; i++) {
            // The middle one of each of `wanted` equal stretches.
            int sample = (int) ((2L * i + 1) * samples / (2L * wanted));
            int step = wanted < steps ? (int) ((2L * i + 1) * steps / (2L * wanted)) : i % steps;
            int side = (wanted < steps ? i : i / steps) % sides;
            chosen.add((sample * steps + step) * sides + side);
        }
        return chosen;
    }

    /** Rows of a set, as positions in the order of {@link CalibrationSet#forEachRow}. */
    public static SortedSet<Integer> rows(CalibrationSet set, int count) {
        CalibrationManifest manifest = set.manifest();
        return of(manifest.samples().size(), set.steps(), manifest.rows(), count);
    }

    /** Steps of samples of a set, all rows of each: sample * steps + step. */
    public static SortedSet<Integer> calls(CalibrationSet set, int count) {
        return of(set.manifest().samples().size(), set.steps(), 1, count);
    }
}
