package org.mixdq4j.cpu.attention;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.ScoreLoops;
import org.mixdq4j.cpu.vector.ScoreRows;

/**
 * Attention with products of integers: first queries, keys and values of all heads are made integers, then a block of queries
 * of one head is worked on at a time. Queries and keys have 8 bits and a scale each, values 8 bits and a scale a column,
 * weights 16 bits, multiplied as two digits of 8. So small weights of many keys are not lost, as they would be in 8 bits.
 */
final class IntegerAttend implements Task {
    /** With fewer keys, making integers takes longer than what is gained. */
    private static final int MIN_KEYS = 256;
    /** Products' sums fit 32 bits: of weights' high bytes and values. */
    private static final int MAX_KEYS = 1 << 16;

    /** Wider heads, as the VAE's single one, were not measured: they stay in floats. */
    private static final int MAX_DEPTH = 128;

    private static final int SCORES = 1 << 17;
    private static final int MIN_QUERIES = 32;
    private static final int MAX_QUERIES = 256;

    private final Workers workers;
    private final Slot[] slots;
    private final Passes weigh;
    private final Results results;
    private final int heads;
    private final Heads query;
    private final int keyCount;
    private final KeyMemory memory;
    private final IntegerKeys keys;
    private final float scale;
    private final Blocks blocks;
    private final int samples;
    private final IntegerBlock.Size whole;
    private final IntegerBlock.Size last;
    private final IntConsumer prepare = this::prepare;
    private final IntConsumer part = this::part;

    /** Whether it can compute a step, and faster than with floats. */
    static boolean takes(Attend step) {
        int keys = step.key().shape().dim(1);
        return step.bias().isEmpty()
                && !step.op().causal()
                && step.op().scale() > 0
                && step.key().shape().dim(2) <= MAX_DEPTH * step.op().heads()
                && keys >= MIN_KEYS
                && keys <= MAX_KEYS
                && OneDnn.get().vnni();
    }

    /** @param writers of results */
    IntegerAttend(
            Attend step,
            Arena arena,
            List<Passes.Pass> writers,
            Workers workers,
            Slot[] slots,
            KeyMemory memory,
            Loops loops) {
        this.workers = workers;
        this.slots = slots;
        this.memory = memory;
        heads = step.op().heads();
        samples = step.query().shape().dim(0);
        query = Heads.of(step.query(), arena, heads);
        Heads key = Heads.of(step.key(), arena, heads);
        keyCount = key.rows();
        scale = (float) (step.op().scale() * Softmax.LOG2_E);
        blocks = Blocks.of(query.rows(), keyCount, SCORES, MIN_QUERIES, MAX_QUERIES);
        Heads value = Heads.of(step.value(), arena, heads);
        keys = new IntegerKeys(memory, query, key, value, blocks, samples, heads, loops);
        whole = new IntegerBlock.Size(blocks.size(0), keyCount, keys.depth, keys.width);
        last = new IntegerBlock.Size(blocks.size(blocks.count() - 1), keyCount, keys.depth, keys.width);
        weigh = weigh(loops.scores());
        results = new Results(keys.depth, combine(loops.scores()), writers);
        for (Slot slot : slots) {
            slot.plan(whole, () -> new IntegerBlock(whole));
            slot.plan(last, () -> new IntegerBlock(last));
            int stride = HeadShape.stride(keyCount, Float.BYTES);
            slot.scores.plan(stride);
            int digits = ScoreRows.count(stride) * HeadShape.stride(keyCount, Byte.BYTES);
            slot.planIntegers(digits, keys.together, keys.depth);
            slot.planResults(blocks.rows(), keys.depth);
        }
    }

    @Override
    public void run() {
        memory.bind();
        workers.run(keys.parts(), prepare);
        workers.run(samples * heads * blocks.count(), part);
    }

    private void prepare(int number) {
        Slot slot = Slot.take(slots);
        try {
            keys.part(slot, number);
        } finally {
            slot.giveBack();
        }
    }

    private void part(int number) {
        int index = number % blocks.count();
        int head = number / blocks.count();
        int first = index * blocks.rows();
        int rows = blocks.size(index);
        Slot slot = Slot.take(slots);
        try {
            IntegerBlock block = (IntegerBlock) slot.block(index == blocks.count() - 1 ? last : whole);
            float check = keys.keyCheck(head);
            for (int r = 0; r < rows; r++) {
                slot.factors[r] = keys.queryScale(head, first + r) * scale + check;
            }
            block.scores(keys.queriesAt(head, first), keys.keysAt(head), keys.scalesAt(head), keys.biasAt(head));
            int together = ScoreRows.count(block.scoreStride);
            for (int r = 0; r < rows; r += together) {
                weights(slot, block, r, Math.min(together, rows - r), rows);
            }
            block.sums(keys.valuesAt(head));
            results.write(slot, head, first, rows, block.sumsAt / Float.BYTES);
        } finally {
            slot.giveBack();
        }
    }

    /** Makes some rows of scores rows of weights, and scales of queries what their sums are to be multiplied by. */
    private void weights(Slot slot, IntegerBlock block, int first, int count, int ofBlock) {
        ScoreRows rows = slot.scores;
        rows.set(count, block.scoreStride, Softmax.filled(keyCount));
        System.arraycopy(slot.factors, first, rows.factors, 0, count);
        Row row = slot.row;
        row.scores = block.scoresAt / Float.BYTES + first * block.scoreStride;
        row.stride = block.weightStride;
        row.high = block.weightsAt + first * block.weightStride;
        row.low = block.weightsAt + (ofBlock + first) * block.weightStride;
        weigh.over(slot);
        System.arraycopy(rows.factors, 0, slot.factors, first, count);
    }

    private Passes weigh(ScoreLoops scores) {
        int count = keyCount;
        int filled = Softmax.filled(count);
        return new Passes(
                (slot, row) -> {
                    ScoreRows rows = slot.scores;
                    slot.floats().get(row.scores, rows.x, 0, rows.rows * rows.stride);
                    for (int r = 0; r < rows.rows; r++) {
                        int at = r * rows.stride;
                        Arrays.fill(rows.x, at + count, at + filled, Float.NEGATIVE_INFINITY);
                    }
                },
                (slot, row) -> scores.peaks(slot.scores),
                (slot, row) -> scores.digits(slot.scores, slot.bytes, slot.lowBytes, row.stride),
                (slot, row) -> {
                    int bytes = slot.scores.rows * row.stride;
                    slot.buffer().put(row.high, slot.bytes, 0, bytes).put(row.low, slot.lowBytes, 0, bytes);
                    Softmax.finish(slot.scores);
                });
    }

    private Passes.Pass combine(ScoreLoops scores) {
        return (slot, row) -> {
            ScoreRows rows = slot.scores;
            slot.floats().get(row.scores, rows.x, 0, rows.rows * rows.stride);
            slot.floats().get(row.low, slot.lowSums, 0, rows.rows * rows.stride);
            scores.combine(rows, slot.lowSums, keys.columns(), keys.columnScales(row.head), keys.columnMeans(row.head));
        };
    }
}
