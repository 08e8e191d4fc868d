package org.mixdq4j.cuda.finish;

import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.lower.interpret.Functions;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.host.HostMemory;

/** {@code finish.cuh} in plain Java, one row at a time. */
public final class FinishTwin {
    private final HostMemory memory;
    private final Kernel kernel;
    private final Arguments arguments;
    private final String field;

    /** @param field of the arguments, of type {@code Finish} */
    public FinishTwin(HostMemory memory, Kernel kernel, Arguments arguments, String field) {
        this.memory = memory;
        this.kernel = kernel;
        this.arguments = arguments;
        this.field = field;
    }

    /**
     * Epilogues and outputs of columns {@code [column, column + x.length)} of a row. Rows that are quantized by their own
     * magnitude or rotated must be whole. {@code x} is changed.
     */
    public void row(float[] x, int row, int column) {
        then(x, row, column);
        for (int i = 0; i < kernel.number("SINKS"); i++) {
            write(x, row, column, i);
        }
    }

    private void then(float[] x, int row, int column) {
        int operand = 0;
        for (int i = 0; i < kernel.number("THEN"); i++) {
            int kind = kernel.number("THEN_" + i);
            float[] a = kind < Finish.FUNCTION ? operand(operand++, row, column, x.length) : null;
            float[] b = kind == 3 ? operand(operand++, row, column, x.length) : null;
            for (int c = 0; c < x.length; c++) {
                x[c] = switch (kind) {
                    case 1, 4 -> x[c] + a[c];
                    case 2, 5 -> x[c] * a[c];
                    case 3 -> x[c] + x[c] * a[c] + b[c];
                    default -> Functions.apply(Activate.Function.values()[kind - Finish.FUNCTION], x[c]);
                };
            }
        }
    }

    private float[] operand(int index, int row, int column, int count) {
        String operand = field + ".operand[" + index + "]";
        long first = (long) (row / arguments.s32(operand + ".rowsEach")) * arguments.s32(operand + ".pitch") + column;
        return floats(memory, kernel.number("TYPE_" + index), arguments.pointer(operand + ".at"), first, count);
    }

    private void write(float[] x, int row, int column, int index) {
        String sink = field + ".sink[" + index + "]";
        int from = Math.max(0, arguments.s32(sink + ".from") - column);
        int to = Math.min(x.length, arguments.s32(sink + ".from") + arguments.s32(sink + ".columns") - column);
        int kind = kernel.number("SINK_" + index);
        long start = (long) row * arguments.s32(sink + ".pitch") + column - arguments.s32(sink + ".from");
        long at = arguments.pointer(sink + ".at");
        if (kind < Finish.LEVELS) {
            for (int c = from; c < to; c++) {
                setFloat(memory, kind, at, start + c, x[c]);
            }
            return;
        }
        float[] y = x.clone();
        long factors = arguments.pointer(sink + ".factors");
        for (int c = from; factors != 0 && c < to; c++) {
            y[c] *= memory.f32(factors + Float.BYTES * (column + c - arguments.s32(sink + ".from")));
        }
        Rotation.apply(y, from, to, kernel.number("ROTATE_" + index));
        float largest = arguments.f32(sink + ".largest");
        float zeroPoint = arguments.f32(sink + ".zeroPoint");
        float inverse = arguments.f32(sink + ".inverseScale");
        if (kind == Finish.TOKENS) {
            TokenParams params = new TokenParams(32 - Integer.numberOfLeadingZeros((int) largest));
            float scale = params.scale(TokenParams.largest(y, from, to));
            memory.setF32(arguments.pointer(sink + ".rowScales") + (long) Float.BYTES * row, scale);
            inverse = 1f / scale;
        }
        for (int c = from; c < to; c++) {
            float level = y[c] * inverse + zeroPoint;
            memory.setU8(at + start + c, (int) Math.max(0, Math.min(largest, Math.rint(level))));
        }
    }

    /** Elements {@code [first, first + count)} of floats of a type as macros number them. */
    public static float[] floats(HostMemory memory, int type, long at, long first, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = getFloat(memory, type, at, first + i);
        }
        return values;
    }

    public static float getFloat(HostMemory memory, int type, long at, long index) {
        return switch (type) {
            case 0 -> memory.f32(at + index * Float.BYTES);
            case 1 -> memory.f16(at + index * Short.BYTES);
            default -> memory.bf16(at + index * Short.BYTES);
        };
    }

    public static void setFloat(HostMemory memory, int type, long at, long index, float x) {
        switch (type) {
            case 0 -> memory.setF32(at + index * Float.BYTES, x);
            case 1 -> memory.setF16(at + index * Short.BYTES, x);
            default -> memory.setBf16(at + index * Short.BYTES, x);
        }
    }
}
