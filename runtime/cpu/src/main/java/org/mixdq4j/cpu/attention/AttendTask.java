package org.mixdq4j.cpu.attention;

import java.nio.FloatBuffer;
import java.util.function.IntConsumer;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;
import org.mixdq4j.cpu.vector.Loops;

/** Attention into an F32 view, a block of queries of one head of one sample at a time. */
final class AttendTask implements Task {
    /** Scores that stay in a core's second cache while they are made weights. */
    private static final int SCORES = 1 << 18;

    private static final int MIN_QUERIES = 64;
    private static final int MAX_QUERIES = 256;

    private final Workers workers;
    private final Slot[] slots;
    private final Softmax softmax;
    private final int heads;
    private final int queries;
    private final Heads query;
    private final Heads key;
    private final Heads value;
    private final Heads result;
    private final int biasOffset;
    private final int blockRows;
    private final int blocks;
    private final int parts;
    private final HeadShape whole;
    private final HeadShape last;
    private final IntConsumer part = this::part;

    /** @param to F32, in {@code toArena} */
    AttendTask(Attend step, Arena arena, View to, Arena toArena, Workers workers, Slot[] slots, Loops loops) {
        this.workers = workers;
        this.slots = slots;
        heads = step.op().heads();
        queries = step.query().shape().dim(1);
        int keys = step.key().shape().dim(1);
        query = Heads.of(step.query(), arena, heads);
        key = Heads.of(step.key(), arena, heads);
        value = Heads.of(step.value(), arena, heads);
        result = Heads.of(to, toArena, heads);
        View added = step.bias().orElse(null);
        if (added != null && (added.value().type() != DType.F32 || !added.isDense())) {
            throw new IllegalArgumentException("the bias of attention is expected to be dense F32: " + added);
        }
        FloatBuffer bias = added == null ? null : arena.buffer(added.value()).asFloatBuffer();
        DType type = step.query().value().type();
        softmax = new Softmax(keys, (float) step.op().scale(), step.op().causal(), bias, type, loops);
        biasOffset = added == null ? 0 : Math.toIntExact(added.offset());
        blockRows = Math.max(MIN_QUERIES, Math.min(MAX_QUERIES, SCORES / keys));
        blocks = (queries + blockRows - 1) / blockRows;
        parts = step.query().shape().dim(0) * heads * blocks;
        whole = shape(step, to, Math.min(blockRows, queries));
        last = shape(step, to, queries - (blocks - 1) * blockRows);
        for (Slot slot : slots) {
            slot.plan(whole);
            slot.plan(last);
        }
    }

    private HeadShape shape(Attend step, View to, int rows) {
        return new HeadShape(
                rows,
                step.key().shape().dim(1),
                step.query().columns() / heads,
                step.query().strides().get(1),
                step.key().strides().get(1),
                step.value().strides().get(1),
                to.strides().get(1),
                step.query().value().type());
    }

    @Override
    public void run() {
        workers.run(parts, part);
    }

    private void part(int number) {
        int block = number % blocks;
        int head = number / blocks % heads;
        int sample = number / blocks / heads;
        int first = block * blockRows;
        HeadShape shape = block == blocks - 1 ? last : whole;
        Slot slot = slot();
        try {
            HeadProducts products = slot.products(shape);
            products.scores(query.address(sample, first, head), key.address(sample, 0, head));
            int biasAt = biasOffset + (head * queries + first) * shape.keys();
            softmax.rows(slot, shape.queries(), shape.scoreStride(), first, biasAt);
            products.result(value.address(sample, 0, head), result.address(sample, first, head));
        } finally {
            slot.giveBack();
        }
    }

    /** There are as many as threads. */
    private Slot slot() {
        while (true) {
            for (Slot slot : slots) {
                if (slot.take()) {
                    return slot;
                }
            }
        }
    }
}
