package org.mixdq4j.cpu.attention;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.vector.ScoreRows;

/**
 * An F32 view [B, N, H*D] whose rows have dense columns, bound to memory: where each head of each row begins. Counted in
 * elements.
 *
 * @param address of the view's value
 * @param floats of the view's value
 * @param depth D
 */
record Heads(long address, FloatBuffer floats, int offset, int sampleStride, int rowStride, int depth, int rows) {
    static Heads of(View view, Arena arena, int heads) {
        int columns = view.columns();
        if (view.shape().rank() != 3
                || view.value().type() != DType.F32
                || columns > 1 && view.strides().get(2) != 1) {
            throw new IllegalArgumentException(
                    "attention reads and writes F32 [B, N, H*D] with dense rows, not " + view);
        }
        return new Heads(
                arena.address(view) - Float.BYTES * view.offset(),
                arena.buffer(view.value()).asFloatBuffer(),
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
     * Copies some rows of neighbouring heads, each head's to an array of its own. What lies together is read together: a
     * head of a row alone is too little for the memory to be quick.
     *
     * @param piece scratch for a row of these heads
     * @param filled elements of a row that are written, those past the head with zeros
     */
    void read(int sample, int row, int rows, int head, int heads, float[] piece, ScoreRows[] to, int filled) {
        for (int r = 0; r < rows; r++) {
            floats.get(at(sample, row + r, head), piece, 0, heads * depth);
            for (int h = 0; h < heads; h++) {
                System.arraycopy(piece, h * depth, to[h].x, r * filled, depth);
                Arrays.fill(to[h].x, r * filled + depth, (r + 1) * filled, 0);
            }
        }
        for (int h = 0; h < heads; h++) {
            to[h].set(rows, filled);
        }
    }
}
