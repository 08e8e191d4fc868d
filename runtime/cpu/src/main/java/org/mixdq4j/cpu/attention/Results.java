package org.mixdq4j.cpu.attention;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.ScoreRows;

/**
 * The way of a head's results from a thread's memory to where they are wanted, as floats or as integers of one scale, while
 * they are in its cache.
 */
final class Results {
    private final int stride;
    private final Passes passes;

    /**
     * @param depth features of a head
     * @param make makes results, in the slot's scores, of what lies in the thread's memory
     * @param writers of {@link #writers}
     */
    Results(int depth, Passes.Pass make, List<Passes.Pass> writers) {
        stride = Softmax.filled(depth);
        List<Passes.Pass> all = new ArrayList<>(List.of(make));
        all.addAll(writers);
        passes = new Passes(all.toArray(Passes.Pass[]::new));
    }

    /** Whether an output can be written head by head: a scale for each row is that of all its heads. */
    static boolean takes(Output output, Shape result) {
        return output.to().shape().equals(result)
                && output.from() == 0
                && output.to().strides().get(2) == 1
                && (output instanceof Output.Levels levels ? fixed(levels) : isFloat(output));
    }

    private static boolean fixed(Output.Levels levels) {
        return levels.quantizer().readsAsIs() && levels.quantizer().params() instanceof AffineParams;
    }

    /** Whether it is of floats that others can read. */
    static boolean isFloat(Output output) {
        return output instanceof Output.Floats && output.to().value().type() == DType.F32;
    }

    /** What writes an output that {@link #takes} says yes to. */
    static List<Passes.Pass> writers(Output output, Arena arena, int heads, Loops loops) {
        if (!(output instanceof Output.Levels levels)) {
            Heads to = Heads.of(output.to(), arena, heads);
            return List.of((slot, row) -> {
                ScoreRows rows = slot.scores;
                for (int r = 0; r < rows.rows; r++) {
                    int at = to.at(row.head / heads, row.query + r, row.head % heads);
                    to.floats().put(at, rows.x, r * rows.stride, to.depth());
                }
            });
        }
        Heads to = Heads.ofLevels(levels.to(), arena, heads);
        AffineParams params = (AffineParams) levels.quantizer().params();
        float inverse = params.inverseScale();
        int zeroPoint = params.zeroPoint();
        int top = params.maxLevel();
        return List.of(
                (slot, row) -> {
                    int elements = slot.scores.rows * slot.scores.stride;
                    loops.levels(slot.scores.x, 0, elements, inverse, zeroPoint, top, slot.bytes, 0);
                },
                (slot, row) -> {
                    ScoreRows rows = slot.scores;
                    for (int r = 0; r < rows.rows; r++) {
                        int at = to.at(row.head / heads, row.query + r, row.head % heads);
                        to.bytes().put(at, slot.bytes, r * rows.stride, to.depth());
                    }
                });
    }

    /**
     * Makes and writes those of a block of queries.
     *
     * @param head its number, sample after sample
     * @param first number of the first query
     * @param at in the thread's memory, counted in floats, rows without gaps of a head's features filled up
     */
    void write(Slot slot, int head, int first, int count, int at) {
        ScoreRows rows = slot.scores;
        int together = ScoreRows.count(stride);
        for (int r = 0; r < count; r += together) {
            rows.set(Math.min(together, count - r), stride);
            System.arraycopy(slot.factors, r, rows.factors, 0, rows.rows);
            slot.row.scores = at + r * stride;
            slot.row.low = at + (count + r) * stride;
            slot.row.head = head;
            slot.row.query = first + r;
            passes.over(slot);
        }
    }
}
