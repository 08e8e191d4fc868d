package org.mixdq4j.cpu.attention;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.IntConsumer;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.ScoreLoops;
import org.mixdq4j.cpu.vector.ScoreRows;

/** Attention in FP32, a block of queries of one head of one sample at a time. */
final class FloatAttend implements Task {
    /** Scores that stay in a core's second cache while they are made weights. */
    private static final int SCORES = 1 << 18;

    private static final int MIN_QUERIES = 64;
    private static final int MAX_QUERIES = 256;

    private final Workers workers;
    private final Slot[] slots;
    private final int stride;
    private final Softmax softmax;
    private final int heads;
    private final Heads query;
    private final Heads key;
    private final Heads value;
    private final Results results;
    private final int biasOffset;
    private final Blocks blocks;
    private final int parts;
    private final HeadShape whole;
    private final HeadShape last;
    private final IntConsumer part = this::part;

    /** @param writers of results */
    FloatAttend(Attend step, Arena arena, List<Passes.Pass> writers, Workers workers, Slot[] slots, Loops loops) {
        this.workers = workers;
        this.slots = slots;
        heads = step.op().heads();
        query = Heads.of(step.query(), arena, heads);
        key = Heads.of(step.key(), arena, heads);
        value = Heads.of(step.value(), arena, heads);
        View added = step.bias().orElse(null);
        if (added != null && (added.value().type() != DType.F32 || !added.isDense())) {
            throw new IllegalArgumentException("the bias of attention is expected to be dense F32: " + added);
        }
        FloatBuffer bias = added == null ? null : arena.buffer(added.value()).asFloatBuffer();
        stride = HeadShape.stride(key.rows(), Float.BYTES);
        softmax = new Softmax(key.rows(), stride, step.op().scale(), step.op().causal(), bias, loops);
        biasOffset = added == null ? 0 : Math.toIntExact(added.offset());
        blocks = Blocks.of(query.rows(), key.rows(), SCORES, MIN_QUERIES, MAX_QUERIES);
        ScoreLoops scores = loops.scores();
        results = new Results(
                query.depth(),
                (slot, row) -> {
                    ScoreRows rows = slot.scores;
                    slot.floats().get(row.scores, rows.x, 0, rows.rows * rows.stride);
                    scores.scale(rows);
                },
                writers);
        parts = step.query().shape().dim(0) * heads * blocks.count();
        whole = shape(blocks.size(0));
        last = shape(blocks.size(blocks.count() - 1));
        for (Slot slot : slots) {
            slot.plan(whole, () -> new FloatBlock(whole));
            slot.plan(last, () -> new FloatBlock(last));
            slot.scores.plan(stride);
            slot.planResults(blocks.rows(), query.depth());
            slot.planBias(bias == null ? 0 : ScoreRows.count(stride) * stride);
        }
    }

    private HeadShape shape(int rows) {
        return new HeadShape(rows, key.rows(), query.depth(), query.rowStride(), key.rowStride(), value.rowStride());
    }

    @Override
    public void run() {
        workers.run(parts, part);
    }

    private void part(int number) {
        int block = number % blocks.count();
        int head = number / blocks.count() % heads;
        int sample = number / blocks.count() / heads;
        int first = block * blocks.rows();
        HeadShape shape = block == blocks.count() - 1 ? last : whole;
        Slot slot = Slot.take(slots);
        try {
            FloatBlock products = (FloatBlock) slot.block(shape);
            products.scores(query.address(sample, first, head), key.address(sample, 0, head));
            int together = ScoreRows.count(stride);
            for (int r = 0; r < shape.queries(); r += together) {
                int rows = Math.min(together, shape.queries() - r);
                int biasAt = biasOffset + (head * query.rows() + first + r) * key.rows();
                softmax.rows(slot, rows, r * stride, first + r, biasAt);
                System.arraycopy(slot.scores.factors, 0, slot.factors, r, rows);
            }
            products.result(value.address(sample, 0, head));
            int at = products.resultAt / Float.BYTES;
            results.write(slot, sample * heads + head, first, shape.queries(), at);
        } finally {
            slot.giveBack();
        }
    }
}
