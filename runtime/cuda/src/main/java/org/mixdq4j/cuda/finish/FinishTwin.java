package org.mixdq4j.cuda.finish;

import java.util.stream.IntStream;
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
    private final Sink[] sinks;

    private record Sink(int kind, int rotation, int from, int columns, int pitch, long at, long factors) {
        static Sink of(Kernel kernel, Arguments arguments, String name, int index) {
            return new Sink(
                    kernel.number("SINK_" + index),
                    kernel.number("ROTATE_" + index),
                    arguments.s32(name + ".from"),
                    arguments.s32(name + ".columns"),
                    arguments.s32(name + ".pitch"),
                    arguments.pointer(name + ".at"),
                    arguments.pointer(name + ".factors"));
        }
    }

    /** @param field of the arguments, of type {@code Finish} */
    public FinishTwin(HostMemory memory, Kernel kernel, Arguments arguments, String field) {
        this.memory = memory;
        this.kernel = kernel;
        this.arguments = arguments;
        this.field = field;
        this.sinks = IntStream.range(0, kernel.number("SINKS"))
                .mapToObj(i -> Sink.of(kernel, arguments, field + ".sink[" + i + "]", i))
                .toArray(Sink[]::new);
    }

    /**
     * Epilogues and outputs of columns {@code [column, column + x.length)} of a row. Rows that are quantized by their own
     * magnitude or rotated must be whole. {@code x} is changed.
     */
    public void row(float[] x, int row, int column) {
        then(x, row, column);
        for (int i = 0; i < sinks.length; i++) {
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
        Sink sink = sinks[index];
        int from = Math.max(0, sink.from - column);
        int to = Math.min(x.length, sink.from + sink.columns - column);
        long start = (long) row * sink.pitch + column - sink.from;
        if (sink.kind < Finish.LEVELS) {
            for (int c = from; c < to; c++) {
                setFloat(memory, sink.kind, sink.at, start + c, x[c]);
            }
            return;
        }
        float[] y = x.clone();
        for (int c = from; sink.factors != 0 && c < to; c++) {
            y[c] *= memory.f32(sink.factors + (long) Float.BYTES * (column + c - sink.from));
        }
        Rotation.apply(y, from, to, sink.rotation);
        String name = field + ".sink[" + index + "]";
        float largest = arguments.f32(name + ".largest");
        float zeroPoint = arguments.f32(name + ".zeroPoint");
        float inverse = arguments.f32(name + ".inverseScale");
        if (sink.kind == Finish.TOKENS) {
            TokenParams params = new TokenParams(32 - Integer.numberOfLeadingZeros((int) largest));
            float scale = params.scale(TokenParams.largest(y, from, to));
            memory.setF32(arguments.pointer(name + ".rowScales") + (long) Float.BYTES * row, scale);
            inverse = 1f / scale;
        }
        for (int c = from; c < to; c++) {
            float level = y[c] * inverse + zeroPoint;
            memory.setU8(sink.at + start + c, (int) Math.max(0, Math.min(largest, Math.rint(level))));
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
