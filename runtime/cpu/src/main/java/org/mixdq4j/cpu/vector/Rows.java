package org.mixdq4j.cpu.vector;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.session.Arena;

/** A view as rows of its last axis, bound to memory. */
final class Rows {
    final int count;
    final int columns;
    final DType type;
    private final ByteBuffer bytes;
    private final FloatBuffer floats;
    private final ShortBuffer shorts;
    private final int base;
    private final int columnStride;
    /** Of the axes before the last, those that cannot be seen as one joined. */
    private final int[] extents;

    private final int[] strides;

    Rows(View view, Arena arena) {
        type = view.value().type();
        bytes = arena.buffer(view.value());
        floats = type == DType.F32 ? bytes.asFloatBuffer() : null;
        shorts = type == DType.BF16 ? bytes.asShortBuffer() : null;
        if (floats == null && shorts == null && type != DType.U8) {
            throw new IllegalArgumentException("expected F32, BF16 or U8, found " + view);
        }
        int rank = view.shape().rank();
        base = Math.toIntExact(view.offset());
        columns = rank == 0 ? 1 : view.columns();
        count = rank == 0 ? 1 : Math.toIntExact(view.rows());
        columnStride = columns == 1 ? 1 : Math.toIntExact(view.strides().get(rank - 1));
        Axes axes = Axes.of(view, Math.max(0, rank - 1));
        extents = axes.extents();
        strides = axes.strides();
    }

    /** Element at which a row begins, among those of the value. */
    int offset(int row) {
        int at = base;
        int rest = row;
        for (int axis = extents.length - 1; axis > 0; axis--) {
            at += rest % extents[axis] * strides[axis];
            rest /= extents[axis];
        }
        return extents.length == 0 ? at : at + rest * strides[0];
    }

    /** Whether rows lie one after the other without gaps. */
    boolean dense() {
        return columnStride == 1 && (extents.length == 0 || (extents.length == 1 && strides[0] == columns));
    }

    /** Copies rows to floats, whose rows are {@code stride} apart. */
    void read(int first, int rows, float[] to, int at, int stride, Scratch scratch, Loops loops) {
        if (dense() && (stride == columns || rows == 1)) {
            run(offset(first), rows * columns, to, at, scratch, loops);
            return;
        }
        for (int r = 0; r < rows; r++) {
            readColumns(first + r, 0, columns, to, at + r * stride, scratch, loops);
        }
    }

    /** Copies some columns of a row to floats. */
    void readColumns(int row, int from, int width, float[] to, int at, Scratch scratch, Loops loops) {
        int start = offset(row) + from * columnStride;
        if (columnStride == 1) {
            run(start, width, to, at, scratch, loops);
            return;
        }
        for (int c = 0; c < width; c++) {
            run(start + c * columnStride, 1, to, at + c, scratch, loops);
        }
    }

    private void run(int from, int n, float[] to, int at, Scratch scratch, Loops loops) {
        if (floats != null) {
            floats.get(from, to, at, n);
        } else if (n == 1) {
            to[at] = Float.intBitsToFloat(shorts.get(from) << 16);
        } else {
            shorts.get(from, scratch.shorts, 0, n);
            widen(n, to, at, scratch, loops);
        }
    }

    /** Whole vectors only where they do not write into what lies behind. */
    private static void widen(int n, float[] to, int at, Scratch scratch, Loops loops) {
        int whole = n - n % Loops.PADDING;
        loops.widen(scratch.shorts, 0, whole, to, at);
        for (int i = whole; i < n; i++) {
            to[at + i] = Float.intBitsToFloat(scratch.shorts[i] << 16);
        }
    }

    /** Copies floats, whose rows are {@code stride} apart, to rows. */
    void write(int first, int rows, float[] from, int at, int stride, Scratch scratch, Loops loops) {
        if (dense() && (stride == columns || rows == 1)) {
            writeRun(offset(first), rows * columns, from, at, scratch, loops);
            return;
        }
        for (int r = 0; r < rows; r++) {
            writeRun(offset(first + r), columns, from, at + r * stride, scratch, loops);
        }
    }

    private void writeRun(int to, int n, float[] from, int at, Scratch scratch, Loops loops) {
        if (floats != null) {
            floats.put(to, from, at, n);
        } else {
            loops.narrow(from, at, n, scratch.shorts, 0);
            shorts.put(to, scratch.shorts, 0, n);
        }
    }

    /** Copies bytes, whose rows are {@code stride} apart, to rows. */
    void write(int first, int rows, byte[] from, int stride) {
        if (dense() && stride == columns) {
            bytes.put(offset(first), from, 0, rows * columns);
            return;
        }
        for (int r = 0; r < rows; r++) {
            bytes.put(offset(first + r), from, r * stride, columns);
        }
    }

    /** Copies what is dense in the main scratch to some columns of rows. */
    void writeColumns(int first, int rows, int column, int width, Scratch scratch) {
        for (int r = 0; r < rows; r++) {
            floats.put(offset(first + r) + column, scratch.main, r * width, width);
        }
    }

    /** Copies what is dense in the scratch of bytes to some columns of rows. */
    void writeLevels(int first, int rows, int column, int width, Scratch scratch) {
        for (int r = 0; r < rows; r++) {
            bytes.put(offset(first + r) + column, scratch.bytes, r * width, width);
        }
    }

    /** Writes one number. */
    void write(int row, float value) {
        floats.put(offset(row), value);
    }

    /** What is written must have dense rows of one of these types. */
    Rows requireWritable(boolean levels) {
        if (columnStride != 1 || levels != (type == DType.U8)) {
            throw new IllegalArgumentException("cannot write " + (levels ? "levels" : "floats") + " to " + type
                    + " with " + columnStride + " elements from column to column");
        }
        return this;
    }
}
