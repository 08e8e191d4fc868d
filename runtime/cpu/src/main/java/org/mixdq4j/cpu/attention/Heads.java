package org.mixdq4j.cpu.attention;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.vector.ScoreRows;

/**
 * A view [B, N, H*D] whose rows have dense columns, bound to memory: where each head of each row begins. Counted in elements.
 *
 * @param address of the view's value
 * @param bytes of the view's value
 * @param floats of the view's value, if it is F32
 * @param depth D
 */
record Heads(
        long address,
        ByteBuffer bytes,
        FloatBuffer floats,
        int offset,
        int sampleStride,
        int rowStride,
        int depth,
        int rows) {
    /** Of F32. */
    static Heads of(View view, Arena arena, int heads) {
        return of(view, arena, heads, DType.F32);
    }

    /** Of U8, to be written. */
    static Heads ofLevels(View view, Arena arena, int heads) {
        return of(view, arena, heads, DType.U8);
    }

    private static Heads of(View view, Arena arena, int heads, DType type) {
        int columns = view.columns();
        if (view.shape().rank() != 3
                || view.value().type() != type
                || columns > 1 && view.strides().get(2) != 1) {
            throw new IllegalArgumentException(
                    "attention expects " + type + " [B, N, H*D] with dense rows here, not " + view);
        }
        ByteBuffer bytes = arena.buffer(view.value());
        return new Heads(
                arena.address(view) - type.bytes() * view.offset(),
                bytes,
                type == DType.F32 ? bytes.asFloatBuffer() : null,
                Math.toIntExact(view.offset()),
                Math.toIntExact(view.strides().get(0)),
                Math.toIntExact(view.strides().get(1)),
                columns / heads,
                view.shape().dim(1));
    }

    int at(int sample, int row, int head) {
        return offset + sample * sampleStride + row * rowStride + head * depth;
    }

    long address(int sample, int row, int head) {
        return address + (long) Float.BYTES * at(sample, row, head);
    }

    /**
     * Copies some rows of neighbouring heads. What lies together is read together: a head of a row alone is too little for
     * the memory to be quick.
     *
     * @param piece scratch for a row of these heads
     * @param filled elements of a head that are written, those past its features with zeros
     */
    void read(int sample, int row, int rows, int head, int heads, float[] piece, ScoreRows to, int filled) {
        int width = heads * filled;
        for (int r = 0; r < rows; r++) {
            int from = at(sample, row + r, head);
            if (filled == depth) {
                floats.get(from, to.x, r * width, width);
            } else {
                floats.get(from, piece, 0, heads * depth);
                for (int h = 0; h < heads; h++) {
                    int start = r * width + h * filled;
                    System.arraycopy(piece, h * depth, to.x, start, depth);
                    Arrays.fill(to.x, start + depth, start + filled, 0);
                }
            }
        }
        to.set(rows, width);
    }
}
