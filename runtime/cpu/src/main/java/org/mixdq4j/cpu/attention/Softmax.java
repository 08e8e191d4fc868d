package org.mixdq4j.cpu.attention;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.Scratch;

/**
 * Makes rows of scores rows of weights: passes over a row in scratch memory. They are objects of classes of their own, called
 * from one place, so that the compiler leaves them apart: all in one method are more than it inlines, and vectors become
 * objects where it stops.
 */
final class Softmax {
    /** What is done to a row. */
    private interface Pass {
        void over(Slot slot, ScoreRow row);
    }

    /** Partial sums of a loop. */
    private static final int BLOCK = 64;

    private final int keys;
    private final float scale;
    private final boolean causal;
    private final Pass[] passes;

    /**
     * @param causal whether a query sees no later keys
     * @param bias added after scaling; or null
     * @param type of the weights: F32, in the scores' place, or BF16, into {@link Slot#weights}
     */
    Softmax(int keys, float scale, boolean causal, FloatBuffer bias, DType type, Loops loops) {
        this.keys = keys;
        this.scale = scale;
        this.causal = causal;
        List<Pass> all = new ArrayList<>();
        all.add((slot, row) -> slot.scores().get(row.at, row.scratch.main, 0, row.seen));
        if (bias != null) {
            all.add((slot, row) -> {
                loops.scale(row.scratch.main, 0, row.seen, row.factor);
                row.factor = 1;
            });
            all.add((slot, row) -> {
                bias.get(row.biasAt, row.scratch.second, 0, row.seen);
                loops.add(row.scratch.main, 0, row.seen, row.scratch.second, 0);
            });
        }
        // Loops with a sum are slow at what does not fill a block. What is added here weighs e^-87 beside a 1.
        all.add((slot, row) -> {
            row.filled = filled(row.seen);
            Arrays.fill(row.scratch.main, row.seen, row.filled, Float.NEGATIVE_INFINITY);
        });
        all.add((slot, row) -> row.maximum = loops.maximum(row.scratch.main, 0, row.filled));
        all.add((slot, row) -> row.sum =
                loops.exponentials(row.scratch.main, 0, row.filled, row.maximum, row.factor, row.scratch.lanes));
        all.add((slot, row) -> {
            // Exponentials of what is not finite are finite: what is not a number shows here.
            loops.scale(row.scratch.main, 0, row.seen, Float.isFinite(row.maximum) ? 1 / row.sum : Float.NaN);
            Arrays.fill(row.scratch.main, row.seen, keys, 0);
        });
        if (type == DType.F32) {
            all.add((slot, row) -> slot.scores().put(row.at, row.scratch.main, 0, keys));
        } else {
            all.add((slot, row) -> {
                loops.narrow(row.scratch.main, 0, keys, row.scratch.shorts, 0);
                slot.weights().put(row.at, row.scratch.shorts, 0, keys);
            });
        }
        passes = all.toArray(Pass[]::new);
    }

    /** Rounded up to whole blocks of sums. */
    private static int filled(int keys) {
        return (keys + BLOCK - 1) / BLOCK * BLOCK;
    }

    /**
     * Some rows.
     *
     * @param stride elements from one row to the next
     * @param query number of the first one's query
     * @param biasAt first element of its bias
     */
    void rows(Slot slot, int count, int stride, int query, int biasAt) {
        ScoreRow row = slot.row();
        row.scratch = Scratch.of(filled(keys));
        for (int r = 0; r < count; r++) {
            row.at = r * stride;
            row.query = query + r;
            row.biasAt = biasAt + r * keys;
            row.seen = causal ? row.query + 1 : keys;
            row.factor = scale;
            for (Pass pass : passes) {
                pass.over(slot, row);
            }
        }
    }
}
