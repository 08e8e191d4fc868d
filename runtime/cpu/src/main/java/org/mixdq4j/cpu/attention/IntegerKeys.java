package org.mixdq4j.cpu.attention;

import java.nio.ByteBuffer;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.ScoreLoops;
import org.mixdq4j.cpu.vector.ScoreRows;

/**
 * Queries, keys and values of all heads of a step in 8 bits.
 *
 * <p>Of keys the mean over all tokens is taken away first, which changes each query's scores by one number and weights not
 * at all (SageAttention, arXiv 2410.02367); then each key has a scale of its own. Of values each column has its mean, which
 * weights leave as it is, and a scale.
 */
final class IntegerKeys {
    /** The largest integer. */
    private static final float TOP = 127;

    /** What queries are levels around. */
    private static final int MIDDLE = 128;

    /** Neighbouring heads that are read at once. */
    static final int TOGETHER = 4;

    private static final int LINE = 64;

    private final KeyMemory memory;
    private final Heads query;
    private final Heads key;
    private final Heads value;
    private final Blocks blocks;
    private final int samples;
    private final int heads;
    private final int keys;
    /** Of a head, filled up to whole vectors. */
    final int depth;

    private final int keyBytes;
    private final int rowBytes;
    private final int headBytes;
    private final Passes columnSums;
    private final Passes columnLargest;
    private final Passes ofQueries;
    private final Passes ofKeys;
    private final Passes ofValues;

    /** @param blocks of queries that are made integers at once */
    IntegerKeys(
            KeyMemory memory, Heads query, Heads key, Heads value, Blocks blocks, int samples, int heads, Loops loops) {
        this.memory = memory;
        this.query = query;
        this.blocks = blocks;
        this.samples = samples;
        this.key = key;
        this.value = value;
        this.heads = heads;
        this.keys = key.rows();
        ScoreLoops scores = loops.scores();
        depth = Softmax.filled(key.depth());
        keyBytes = lines(keys * depth);
        rowBytes = lines(Float.BYTES * keys);
        headBytes = 2 * keyBytes + 2 * rowBytes + lines(query.rows() * depth);
        float[] zeros = new float[depth];
        columnSums = new Passes((slot, row) -> scores.columnSums(slot.keys, slot.columns));
        ofKeys = new Passes((slot, row) -> scores.magnitudes(slot.keys, slot.columns), (slot, row) -> {
            inverses(slot.keys);
            scores.integers(slot.keys, slot.columns, 0, slot.bytes);
        });
        ofQueries = new Passes((slot, row) -> scores.magnitudes(slot.keys, zeros), (slot, row) -> {
            inverses(slot.keys);
            scores.integers(slot.keys, zeros, MIDDLE, slot.bytes);
        });
        columnLargest = new Passes((slot, row) -> scores.columnLargest(slot.keys, slot.columns, slot.columnLargest));
        ofValues = new Passes((slot, row) -> scores.integers(slot.keys, slot.columns, slot.columnLargest, slot.bytes));
        memory.reserve((long) samples * heads * headBytes, samples * heads * 2 * depth, samples * heads * query.rows());
    }

    private static int lines(int bytes) {
        return (bytes + LINE - 1) / LINE * LINE;
    }

    /** From a head's number, sample after sample, to addresses. */
    long keysAt(int head) {
        return memory.address() + (long) head * headBytes;
    }

    long valuesAt(int head) {
        return keysAt(head) + keyBytes;
    }

    long scalesAt(int head) {
        return keysAt(head) + 2L * keyBytes;
    }

    long biasAt(int head) {
        return scalesAt(head) + rowBytes;
    }

    /** Of a query of a head, and those after it. */
    long queriesAt(int head, int query) {
        return biasAt(head) + rowBytes + (long) query * depth;
    }

    /** Scale of a query of a head. */
    float queryScale(int head, int number) {
        return memory.queryScales[head * query.rows() + number];
    }

    /** Scales of the values' columns, from {@link #columnScales} on, and their means, from {@link #columnMeans} on. */
    float[] columns() {
        return memory.columns;
    }

    int columnScales(int head) {
        return 2 * depth * head;
    }

    int columnMeans(int head) {
        return columnScales(head) + depth;
    }

    /** How many parts the work has. */
    int parts() {
        return samples * groups() * (2 + blocks.count());
    }

    private int groups() {
        return (heads + TOGETHER - 1) / TOGETHER;
    }

    /** Does a part of it. */
    void part(Slot slot, int number) {
        int group = number % groups();
        int sample = number / groups() % samples;
        int kind = number / groups() / samples;
        int head = group * TOGETHER;
        int count = Math.min(TOGETHER, heads - head);
        Heads from = kind == 0 ? key : kind == 1 ? value : query;
        int first = kind < 2 ? 0 : (kind - 2) * blocks.rows();
        int rows = kind < 2 ? keys : blocks.size(kind - 2);
        from.read(sample, first, rows, head, count, slot.piece, slot.read, depth);
        for (int i = 0; i < count; i++) {
            slot.keys = slot.read[i];
            int at = sample * heads + head + i;
            if (kind == 0) {
                keys(slot, at);
            } else if (kind == 1) {
                values(slot, at);
            } else {
                queries(slot, at, first, rows);
            }
        }
    }

    private void queries(Slot slot, int head, int first, int rows) {
        ofQueries.over(slot);
        for (int r = 0; r < rows; r++) {
            memory.queryScales[head * query.rows() + first + r] = slot.keys.maxima[r] / TOP;
        }
        int at = (int) (queriesAt(head, first) - memory.address());
        memory.buffer().put(at, slot.bytes, 0, rows * depth);
    }

    private void keys(Slot slot, int head) {
        means(slot);
        ofKeys.over(slot);
        ByteBuffer to = memory.buffer();
        int at = head * headBytes;
        for (int row = 0; row < keys; row++) {
            float scale = slot.keys.maxima[row] / TOP;
            to.putFloat(at + 2 * keyBytes + Float.BYTES * row, scale);
            // What levels of queries, which are that much too large, make too much.
            to.putFloat(at + 2 * keyBytes + rowBytes + Float.BYTES * row, -MIDDLE * slot.keys.sums[row] * scale);
        }
        to.put(at, slot.bytes, 0, keys * depth);
    }

    private void values(Slot slot, int head) {
        means(slot);
        float[] largest = slot.columnLargest;
        columnLargest.over(slot);
        for (int i = 0; i < depth; i++) {
            memory.columns[columnScales(head) + i] = Float.isFinite(largest[i]) ? largest[i] / TOP : Float.NaN;
            memory.columns[columnMeans(head) + i] = slot.columns[i];
            largest[i] = inverse(largest[i]);
        }
        ofValues.over(slot);
        memory.buffer().put(head * headBytes + keyBytes, slot.bytes, 0, keys * depth);
    }

    private static float inverse(float largest) {
        return largest == 0 ? 0 : TOP / largest;
    }

    /** Makes the factors of rows, of what is largest in each. */
    private static void inverses(ScoreRows rows) {
        for (int r = 0; r < rows.rows; r++) {
            rows.factors[r] = inverse(rows.maxima[r]);
        }
    }

    private void means(Slot slot) {
        columnSums.over(slot);
        for (int i = 0; i < depth; i++) {
            slot.columns[i] /= keys;
        }
    }
}
