package org.mixdq4j.cpu.attention;

import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
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
    final ScoreRows[] read =
            Stream.generate(ScoreRows::new).limit(IntegerKeys.TOGETHER).toArray(ScoreRows[]::new);
    /** Those of the head that is worked on. */
    ScoreRows keys = read[0];
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

    /**
     * To be called while steps are planned: what arrays of attention in integers have room for.
     *
     * @param read rows of keys, values or queries
     * @param digits of weights that are made at once
     * @param rows of a block
     */
    void plan(int read, int digits, int rows, int depth) {
        for (ScoreRows each : this.read) {
            each.plan(read, depth);
        }
        piece = piece.length < this.read.length * depth ? new float[this.read.length * depth] : piece;
        int most = Math.max(digits, read * depth);
        bytes = bytes.length < most ? new byte[most] : bytes;
        lowBytes = lowBytes.length < digits ? new byte[digits] : lowBytes;
        int sums = ScoreRows.count(depth) * depth;
        lowSums = lowSums.length < sums ? new float[sums] : lowSums;
        factors = factors.length < rows ? new float[rows] : factors;
        columns = columns.length < depth ? new float[depth] : columns;
        columnLargest = columnLargest.length < depth ? new float[depth] : columnLargest;
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
