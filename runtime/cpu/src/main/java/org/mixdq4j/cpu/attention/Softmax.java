package org.mixdq4j.cpu.attention;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.ScoreLoops;

/** Makes rows of scores rows of weights, in their place. */
final class Softmax {
    private final int keys;
    private final float scale;
    private final boolean causal;
    private final Passes passes;

    /**
     * @param causal whether a query sees no later keys
     * @param bias added after scaling; or null
     */
    Softmax(int keys, float scale, boolean causal, FloatBuffer bias, Loops loops) {
        this.keys = keys;
        this.scale = scale;
        this.causal = causal;
        ScoreLoops scores = loops.scores();
        int all = filled(keys);
        List<Passes.Pass> made = new ArrayList<>();
        made.add((slot, row) -> slot.floats().get(row.scores, slot.main, 0, row.seen));
        if (bias != null) {
            made.add((slot, row) -> {
                loops.scale(slot.main, 0, row.seen, row.factor);
                row.factor = 1;
            });
            made.add((slot, row) -> {
                bias.get(row.bias, slot.bias, 0, row.seen);
                loops.add(slot.main, 0, row.seen, slot.bias, 0);
            });
        }
        made.add((slot, row) -> {
            // What fills the last vector weighs nothing.
            Arrays.fill(slot.main, row.seen, row.filled, Float.NEGATIVE_INFINITY);
            row.maximum = scores.maximum(slot.main, row.filled);
        });
        made.add((slot, row) -> {
            scores.exponentials(slot.main, row.filled, row.maximum, row.factor);
            // Of later keys, if any: what was there is no weight.
            Arrays.fill(slot.main, row.seen, all, 0);
        });
        made.add((slot, row) -> {
            row.sum = scores.sum(slot.main, all, slot.sums);
            // Exponentials of what is not finite are finite: what is not a number shows here.
            row.factor = Float.isFinite(row.maximum) ? 1 / row.sum : Float.NaN;
        });
        made.add((slot, row) -> {
            loops.scale(slot.main, 0, all, row.factor);
            // Not a number times 0 is none: later keys stay without weight.
            Arrays.fill(slot.main, row.seen, all, 0);
        });
        made.add((slot, row) -> slot.floats().put(row.scores, slot.main, 0, all));
        passes = new Passes(made.toArray(Passes.Pass[]::new));
    }

    /** Rounded up to whole vectors. */
    static int filled(int keys) {
        return (keys + ScoreLoops.STEP - 1) / ScoreLoops.STEP * ScoreLoops.STEP;
    }

    /**
     * A row.
     *
     * @param at its first element
     * @param query number of the query
     * @param biasAt first element of its bias
     */
    void row(Slot slot, int at, int query, int biasAt) {
        Row row = slot.row;
        row.scores = at;
        row.bias = biasAt;
        row.seen = causal ? query + 1 : keys;
        row.filled = filled(row.seen);
        row.factor = scale;
        passes.over(slot);
    }
}
