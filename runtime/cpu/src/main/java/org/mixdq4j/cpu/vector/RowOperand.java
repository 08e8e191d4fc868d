package org.mixdq4j.cpu.vector;

import org.mixdq4j.core.lower.View;
import org.mixdq4j.cpu.session.Arena;

/** One row for all rows of a sample, or for all samples. */
final class RowOperand {
    private final Rows operand;
    private final RowShape shape;
    private final Loops loops;

    RowOperand(View view, RowShape shape, Arena arena, Loops loops) {
        this.operand = new Rows(view, arena);
        this.shape = shape;
        this.loops = loops;
        if (operand.columns != shape.columns() || (operand.count != 1 && operand.count != shape.samples())) {
            throw new IllegalArgumentException("one row a sample is expected for " + shape + ", found " + view);
        }
    }

    /** Copies the row for {@code row} of the step to the second scratch. */
    void read(int row, Scratch scratch, int at) {
        int own = operand.count == 1 ? 0 : row / shape.rowsPerSample();
        operand.readColumns(own, 0, shape.columns(), scratch.second, at, scratch, loops);
    }
}
