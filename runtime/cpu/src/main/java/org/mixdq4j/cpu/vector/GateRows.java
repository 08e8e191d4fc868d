package org.mixdq4j.cpu.vector;

import java.nio.FloatBuffer;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.cpu.session.Arena;

/** Values times GELU of their gates, both in a thread's own memory, written as some columns of an output: floats or quantized. */
public final class GateRows {
    /** Floats that stay in the nearest cache. */
    private static final int CHUNK = 3072;

    private final int width;
    private final int chunk;
    /**
     * What is done to a few rows. They are called from one place, so that the compiler leaves them apart: all in one method are
     * more than it inlines, and vectors become objects where it stops.
     */
    private final Stage[] stages;

    /** @param width columns that are written at a time, a multiple of {@link Loops#PADDING} */
    public GateRows(Output output, int width, Arena arena) {
        this(output, width, arena, Loops.best());
    }

    GateRows(Output output, int width, Arena arena, Loops loops) {
        boolean levels = output instanceof Output.Levels;
        if (output.from() != 0 || width % Loops.PADDING != 0) {
            throw new IllegalArgumentException("gates write " + width + " columns of all, not of " + output);
        }
        this.width = width;
        this.chunk = Math.max(1, CHUNK / width);
        Rows to = new Rows(output.to(), arena).requireWritable(levels);
        Stage gate = (scratch, rows, first, column) -> loops.geGlu(scratch.main, 0, rows * width, scratch.second, 0);
        if (!levels) {
            Stage write = (scratch, rows, first, column) -> to.writeColumns(first, rows, column, width, scratch);
            stages = new Stage[] {gate, write};
            return;
        }
        AffineParams params =
                (AffineParams) ((Output.Levels) output).quantizer().params();
        float inverse = params.inverseScale();
        int zeroPoint = params.zeroPoint();
        int top = params.maxLevel();
        Stage quantize = (scratch, rows, first, column) ->
                loops.levels(scratch.main, 0, rows * width, inverse, zeroPoint, top, scratch.bytes, 0);
        Stage write = (scratch, rows, first, column) -> to.writeLevels(first, rows, column, width, scratch);
        stages = new Stage[] {gate, quantize, write};
    }

    /** @param first number of the first row in the output, {@code column} of the first column there */
    private interface Stage {
        void apply(Scratch scratch, int rows, int first, int column);
    }

    /**
     * Some rows.
     *
     * @param x values from {@code valueAt} on and gates from {@code gateAt} on, rows of {@code width}
     * @param first number of the first row in the output
     * @param column number of the first column there
     */
    public void run(FloatBuffer x, int valueAt, int gateAt, int first, int count, int column) {
        Scratch scratch = Scratch.of(chunk * width);
        for (int row = 0; row < count; row += chunk) {
            int rows = Math.min(chunk, count - row);
            x.get(valueAt + row * width, scratch.main, 0, rows * width);
            x.get(gateAt + row * width, scratch.second, 0, rows * width);
            for (Stage stage : stages) {
                stage.apply(scratch, rows, first + row, column);
            }
        }
    }
}
