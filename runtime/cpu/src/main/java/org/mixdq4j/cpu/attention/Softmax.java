package org.mixdq4j.cpu.attention;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.ScoreLoops;
import org.mixdq4j.cpu.vector.ScoreRows;

/**
 * Makes rows of scores rows of weights, in their place, and factors of what weights are yet to be multiplied by. A row's
 * weights do not depend on what rows are made with it.
 */
final class Softmax {
    /** Powers are of 2. */
    static final double LOG2_E = 1.4426950408889634;

    private final int keys;
    private final int filled;
    private final int stride;
    private final boolean causal;
    private final Passes passes;

    /**
     * @param stride of scores, from one row to the next
     * @param causal whether a query sees no later keys
     * @param bias added after scaling; or null
     */
    Softmax(int keys, int stride, double scale, boolean causal, FloatBuffer bias, Loops loops) {
        this.keys = keys;
        this.stride = stride;
        this.causal = causal;
        filled = filled(keys);
        ScoreLoops scores = loops.scores();
        float factor = (float) (bias == null ? scale * LOG2_E : LOG2_E);
        List<Passes.Pass> made = new ArrayList<>();
        made.add((slot, row) -> {
            ScoreRows rows = slot.scores;
            slot.floats().get(row.scores, rows.x, 0, rows.rows * stride);
        });
        if (bias != null) {
            made.add((slot, row) -> loops.scale(slot.scores.x, 0, slot.scores.rows * stride, (float) scale));
            made.add((slot, row) -> {
                for (int r = 0; r < slot.scores.rows; r++) {
                    bias.get(row.bias + r * keys, slot.bias, r * stride, keys);
                }
                loops.add(slot.scores.x, 0, slot.scores.rows * stride, slot.bias, 0);
            });
        }
        made.add((slot, row) -> {
            hide(slot.scores, row.query, Float.NEGATIVE_INFINITY);
            Arrays.fill(slot.scores.factors, 0, slot.scores.rows, factor);
            scores.maxima(slot.scores);
        });
        made.add((slot, row) -> scores.powers(slot.scores));
        made.add((slot, row) -> {
            finish(slot.scores);
            if (causal) {
                hide(slot.scores, row.query, 0);
            }
            slot.floats().put(row.scores, slot.scores.x, 0, slot.scores.rows * stride);
        });
        passes = new Passes(made.toArray(Passes.Pass[]::new));
    }

    /** Makes sums factors. Powers of what is not finite are finite: what is not a number shows here. */
    static void finish(ScoreRows rows) {
        for (int r = 0; r < rows.rows; r++) {
            boolean finite = Float.isFinite(rows.maxima[r]) && Float.isFinite(rows.factors[r]);
            rows.factors[r] = finite ? 1 / rows.sums[r] : Float.NaN;
        }
    }

    /** Overwrites what a query does not see: later keys, and what fills the last vector. */
    private void hide(ScoreRows rows, int query, float with) {
        for (int r = 0; r < rows.rows; r++) {
            int seen = causal ? query + r + 1 : keys;
            Arrays.fill(rows.x, r * stride + seen, r * stride + filled, with);
        }
    }

    /** Rounded up to whole vectors. */
    static int filled(int keys) {
        return (keys + ScoreLoops.STEP - 1) / ScoreLoops.STEP * ScoreLoops.STEP;
    }

    /**
     * Some rows, no more than {@link ScoreRows#count}.
     *
     * @param at their first element
     * @param query number of the first query
     * @param biasAt first element of its bias
     */
    void rows(Slot slot, int rows, int at, int query, int biasAt) {
        slot.row.scores = at;
        slot.row.query = query;
        slot.row.bias = biasAt;
        slot.scores.set(rows, stride, filled);
        passes.over(slot);
    }
}
