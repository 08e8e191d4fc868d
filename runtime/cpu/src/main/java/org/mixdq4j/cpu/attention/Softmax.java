package org.mixdq4j.cpu.attention;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.ScoreLoops;

/** Makes rows of scores rows of weights, as exponentials whose sum the row of results is to be divided by. */
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
        if (bias != null) {
            made.add((slot, row) -> {
                slot.floats().get(row.scores, slot.main, 0, row.seen);
                loops.scale(slot.main, 0, row.seen, row.factor);
                row.factor = 1;
            });
            made.add((slot, row) -> {
                bias.get(row.bias, slot.bias, 0, row.seen);
                loops.add(slot.main, 0, row.seen, slot.bias, 0);
                slot.floats().put(row.scores, slot.main, 0, row.seen);
            });
        }
        made.add((slot, row) -> {
            fill(slot.buffer(), row.scores, row.seen);
            row.maximum = scores.maximum(slot.buffer(), row.scores, row.filled);
        });
        made.add((slot, row) -> {
            scores.exponentials(slot.buffer(), row.scores, row.filled, row.maximum, row.factor, slot.main);
            // Of later keys, if any: what was written there is no weight.
            Arrays.fill(slot.main, row.seen, all, 0);
        });
        made.add((slot, row) -> {
            row.sum = scores.store(slot.main, all, slot.buffer(), row.scores, slot.sums);
            // Exponentials of what is not finite are finite: what is not a number shows here.
            row.factor = Float.isFinite(row.maximum) ? 1 / row.sum : Float.NaN;
        });
        passes = new Passes(made.toArray(Passes.Pass[]::new));
    }

    /** Rounded up to whole vectors. */
    static int filled(int keys) {
        return (keys + ScoreLoops.STEP - 1) / ScoreLoops.STEP * ScoreLoops.STEP;
    }

    /** Gives columns from {@code seen} up to whole vectors a score that weighs nothing. @param at first element of the row */
    static void fill(ByteBuffer memory, int at, int seen) {
        for (int i = seen; i < filled(seen); i++) {
            memory.putFloat(Float.BYTES * (at + i), Float.NEGATIVE_INFINITY);
        }
    }

    /**
     * A row.
     *
     * @param at its first element
     * @param query number of the query
     * @param biasAt first element of its bias
     * @return what its row of results is to be multiplied by
     */
    float row(Slot slot, int at, int query, int biasAt) {
        Row row = slot.row;
        row.scores = at;
        row.bias = biasAt;
        row.seen = causal ? query + 1 : keys;
        row.filled = filled(row.seen);
        row.factor = scale;
        passes.over(slot);
        return row.factor;
    }
}
