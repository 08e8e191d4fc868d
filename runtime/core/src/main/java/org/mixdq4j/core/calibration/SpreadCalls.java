package org.mixdq4j.core.calibration;

import java.util.Set;
import java.util.TreeSet;

/**
 * Some of a set's network calls, evenly spread over its timesteps. Every n-th of them would not do: where n is a multiple of
 * the calls of a sample, all are of one timestep.
 */
public final class SpreadCalls {
    /** The golden ratio's fraction: its multiples, modulo 1, fill the unit interval evenly. */
    private static final double GOLDEN = 0.6180339887498949;

    private SpreadCalls() {}

    /**
     * Positions in the order of {@link CalibrationSet#forEachRow}. Each timestep has as many calls as any other, give or take
     * one; where there are more timesteps than calls, these are evenly spaced.
     *
     * @param rows sides of guidance
     * @param most how many calls at most
     */
    public static Set<Integer> of(int samples, int steps, int rows, int most) {
        int ofStep = samples * rows;
        int count = Math.min(most, ofStep * steps);
        Set<Integer> positions = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            int step = (int) ((2L * i + 1) * steps / (2L * count));
            int index = (int) (i * GOLDEN % 1 * ofStep);
            while (!positions.add((index / rows * steps + step) * rows + index % rows)) {
                index = (index + 1) % ofStep;
            }
        }
        return positions;
    }
}
