package org.mixdq4j.cpu.attention;

import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Exclusive;
import org.mixdq4j.cpu.vector.ScoreLoops;
import org.mixdq4j.cpu.vector.ScoreRows;

/**
 * What one thread needs to work on attention, whichever step it is of: primitives, and memory that all of them share. Used
 * by one thread at a time.
 */
final class Slot extends Exclusive implements Resources.Native {
    private final Map<Object, Block> blocks = new HashMap<>();
    private NativeMemory memory;
    private ByteBuffer buffer;
    private FloatBuffer floats;

    /** Scores, queries or results that are worked on. */
    final ScoreRows scores = new ScoreRows();
    /** Keys, values or queries of neighbouring heads. */
    final ScoreRows keys = new ScoreRows();
    /** A row of these heads. */
    float[] piece = new float[0];
    /** Results' low digits. */
    float[] lowSums = new float[0];
    /** For integers of keys, values and queries, and weights' high digits. */
    byte[] bytes = new byte[0];
    /** Weights' low digits. */
    byte[] lowBytes = new byte[0];
    /** A number for each row of a block. */
    float[] factors = new float[0];
    /** Numbers for each column. */
    float[] columns = new float[0];

    float[] columnLargest = new float[0];

    /** A row of what is added to scores. */
    float[] bias = new float[0];

    final Row row = new Row();

    /** Partial sums. */
    final float[] sums = new float[ScoreLoops.STEP];

    /** To be called while steps are planned. @param key equal for equal blocks */
    void plan(Object key, Supplier<Block> make) {
        blocks.computeIfAbsent(key, k -> make.get());
        release();
    }

    /** To be called while steps are planned: room for results. @param rows of a block @param depth features of a head */
    void planResults(int rows, int depth) {
        int filled = Softmax.filled(depth);
        int most = ScoreRows.count(filled) * filled;
        scores.plan(filled);
        bytes = bytes.length < most ? new byte[most] : bytes;
        factors = factors.length < rows ? new float[rows] : factors;
    }

    /**
     * To be called while steps are planned: what arrays of attention in integers have room for.
     *
     * @param digits of weights that are made at once
     * @param heads that are read together
     * @param depth features of a head, filled up
     */
    void planIntegers(int digits, int heads, int depth) {
        int width = heads * depth;
        int read = ScoreRows.count(width) * width;
        keys.plan(ScoreRows.count(width) * heads, depth);
        piece = piece.length < width ? new float[width] : piece;
        int most = Math.max(digits, read);
        bytes = bytes.length < most ? new byte[most] : bytes;
        lowBytes = lowBytes.length < digits ? new byte[digits] : lowBytes;
        int sums = ScoreRows.count(depth) * depth;
        lowSums = lowSums.length < sums ? new float[sums] : lowSums;
        columns = columns.length < width ? new float[width] : columns;
        columnLargest = columnLargest.length < width ? new float[width] : columnLargest;
    }

    /** To be called while steps are planned. */
    void planBias(int elements) {
        bias = bias.length < elements ? new float[elements] : bias;
    }

    Block block(Object key) {
        if (memory == null) {
            bind();
        }
        return blocks.get(key);
    }

    /** The memory of blocks. */
    ByteBuffer buffer() {
        return buffer;
    }

    FloatBuffer floats() {
        return floats;
    }

    private void bind() {
        long most = blocks.values().stream().mapToLong(Block::bytes).max().orElse(1);
        memory = NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, most));
        buffer = memory.buffer();
        floats = buffer.asFloatBuffer();
        blocks.values().forEach(block -> block.bind(memory.addressValue()));
    }

    private void release() {
        if (memory != null) {
            memory.close();
            memory = null;
        }
    }

    @Override
    public void close() {
        release();
        blocks.values().forEach(Block::close);
    }
}
