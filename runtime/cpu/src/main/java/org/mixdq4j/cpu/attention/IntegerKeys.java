package org.mixdq4j.cpu.attention;

import java.nio.ByteBuffer;
import java.util.Arrays;
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

    /** Neighbouring heads that are read at once, at most. */
    private static final int MOST_TOGETHER = 5;

    /** Scores of keys that are scaled by no more are finite, or so large that nobody cares. */
    private static final float LARGE = 1e30f;

    private static final int LINE = 64;

    private final KeyMemory memory;
    private final Heads query;
    private final Heads key;
    private final Heads value;
    private final Blocks blocks;
    private final int samples;
    private final int heads;
    private final int keys;
    /** Heads that are read at once. */
    final int together;

    /** Of a head, filled up to whole vectors. */
    final int depth;

    /** Bytes of a row of these heads. */
    final int width;

    private final int chunk;
    private final int keyBytes;
    private final int rowBytes;
    private final int groupBytes;
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
        together = together(heads);
        width = together * depth;
        chunk = ScoreRows.count(width);
        keyBytes = lines(keys * width);
        rowBytes = lines(Float.BYTES * keys);
        groupBytes = 2 * keyBytes + 2 * together * rowBytes + lines(query.rows() * width);
        float[] zeros = new float[depth];
        columnSums = new Passes((slot, row) -> scores.columnSums(slot.keys, slot.columns));
        ofKeys = new Passes((slot, row) -> scores.magnitudes(slot.keys, slot.columns, together), (slot, row) -> {
            inverses(slot.keys);
            scores.integers(slot.keys, slot.columns, together, 0, slot.bytes);
        });
        ofQueries = new Passes((slot, row) -> scores.magnitudes(slot.keys, zeros, 1), (slot, row) -> {
            inverses(slot.keys);
            scores.integers(slot.keys, zeros, 1, MIDDLE, slot.bytes);
        });
        columnLargest = new Passes((slot, row) -> scores.columnLargest(slot.keys, slot.columns, slot.columnLargest));
        ofValues = new Passes((slot, row) -> scores.integers(slot.keys, slot.columns, slot.columnLargest, slot.bytes));
        int all = samples * heads;
        memory.reserve((long) samples * groups() * groupBytes, all, all * 2 * depth, all * query.rows());
    }

    private static int together(int heads) {
        int most = MOST_TOGETHER;
        while (heads % most != 0) {
            most--;
        }
        return most;
    }

    private static int lines(int bytes) {
        return (bytes + LINE - 1) / LINE * LINE;
    }

    /** Of the heads that are read together with this one. */
    private int start(int head) {
        return head / together * groupBytes;
    }

    /** From a head's number, sample after sample, to addresses. */
    long keysAt(int head) {
        return memory.address() + start(head) + head % together * depth;
    }

    long valuesAt(int head) {
        return keysAt(head) + keyBytes;
    }

    long scalesAt(int head) {
        return memory.address() + scales(head);
    }

    private int scales(int head) {
        return start(head) + 2 * keyBytes + 2 * (head % together) * rowBytes;
    }

    long biasAt(int head) {
        return scalesAt(head) + rowBytes;
    }

    /** Of a query of a head, and those after it. */
    long queriesAt(int head, int query) {
        return memory.address() + queries(head, query) + head % together * depth;
    }

    private int queries(int head, int query) {
        return start(head) + 2 * keyBytes + 2 * together * rowBytes + query * width;
    }

    /** 0, or NaN if one of a head's keys is not finite. */
    float keyCheck(int head) {
        return memory.keyChecks[head];
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
        return heads / together;
    }

    /** Does a part of it. */
    void part(Slot slot, int number) {
        int group = number % groups();
        int sample = number / groups() % samples;
        int kind = number / groups() / samples;
        int head = group * together;
        if (kind == 0) {
            keys(slot, sample, head);
        } else if (kind == 1) {
            values(slot, sample, head);
        } else {
            queries(slot, sample, head, kind - 2);
        }
    }

    /** Rows of these heads, one after the other. @return how many */
    private int read(Slot slot, Heads from, int sample, int head, int row, int end) {
        int rows = Math.min(chunk, end - row);
        from.read(sample, row, rows, head, together, slot.piece, slot.keys, depth);
        return rows;
    }

    private void queries(Slot slot, int sample, int head, int block) {
        int first = sample * heads + head;
        int end = block * blocks.rows() + blocks.size(block);
        for (int row = block * blocks.rows(); row < end; row += chunk) {
            int rows = read(slot, query, sample, head, row, end);
            slot.keys.set(rows * together, depth);
            ofQueries.over(slot);
            for (int r = 0; r < rows * together; r++) {
                int at = (first + r % together) * query.rows() + row + r / together;
                memory.queryScales[at] = slot.keys.maxima[r] / TOP;
            }
            memory.buffer().put(queries(first, row), slot.bytes, 0, rows * width);
        }
    }

    private void keys(Slot slot, int sample, int head) {
        int first = sample * heads + head;
        ByteBuffer to = memory.buffer();
        Arrays.fill(memory.keyChecks, first, first + together, 0);
        means(slot, key, sample, head);
        for (int row = 0; row < keys; row += chunk) {
            int rows = read(slot, key, sample, head, row, keys);
            slot.keys.set(rows * together, depth);
            ofKeys.over(slot);
            to.put(start(first) + row * width, slot.bytes, 0, rows * width);
            for (int h = 0; h < together; h++) {
                scales(slot, first + h, h, row, rows);
            }
        }
    }

    /** Scales of some keys of a head, and what levels of queries, which are too large, make too much. */
    private void scales(Slot slot, int head, int own, int row, int rows) {
        ByteBuffer to = memory.buffer();
        int at = scales(head) + Float.BYTES * row;
        float check = memory.keyChecks[head];
        for (int r = 0; r < rows; r++) {
            float scale = slot.keys.maxima[r * together + own] / TOP;
            check = scale < LARGE ? check : Float.NaN;
            to.putFloat(at + Float.BYTES * r, scale);
            to.putFloat(at + rowBytes + Float.BYTES * r, -MIDDLE * slot.keys.sums[r * together + own] * scale);
        }
        memory.keyChecks[head] = check;
    }

    private void values(Slot slot, int sample, int head) {
        int first = sample * heads + head;
        means(slot, value, sample, head);
        float[] largest = slot.columnLargest;
        Arrays.fill(largest, 0, width, 0);
        for (int row = 0; row < keys; row += chunk) {
            read(slot, value, sample, head, row, keys);
            columnLargest.over(slot);
        }
        for (int i = 0; i < width; i++) {
            int at = columnScales(first + i / depth) + i % depth;
            memory.columns[at] = Float.isFinite(largest[i]) ? largest[i] / TOP : Float.NaN;
            memory.columns[at + depth] = slot.columns[i];
            largest[i] = inverse(largest[i]);
        }
        for (int row = 0; row < keys; row += chunk) {
            int rows = read(slot, value, sample, head, row, keys);
            ofValues.over(slot);
            memory.buffer().put(start(first) + keyBytes + row * width, slot.bytes, 0, rows * width);
        }
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

    /** Of each column of these heads. */
    private void means(Slot slot, Heads from, int sample, int head) {
        Arrays.fill(slot.columns, 0, width, 0);
        for (int row = 0; row < keys; row += chunk) {
            read(slot, from, sample, head, row, keys);
            columnSums.over(slot);
        }
        for (int i = 0; i < width; i++) {
            slot.columns[i] /= keys;
        }
    }
}
