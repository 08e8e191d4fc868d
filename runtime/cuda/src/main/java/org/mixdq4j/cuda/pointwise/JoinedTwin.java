package org.mixdq4j.cuda.pointwise;

import org.mixdq4j.core.lower.interpret.Functions;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.finish.FinishTwin;

/** {@code joined.cuh} in plain Java. */
public record JoinedTwin(HostMemory memory, Kernel kernel, Arguments arguments, String field) {
    /** Columns {@code [column, column + count)} of a row as they lie there. */
    public float[] row(int row, int column, int count) {
        float[] all = new float[count];
        int start = 0;
        for (int i = 0; i < kernel.number("INPUTS"); i++) {
            String part = field + ".part[" + i + "]";
            int end = arguments.s32(part + ".end");
            int from = Math.max(column, start);
            int to = Math.min(column + count, end);
            if (from < to) {
                long first = (long) row * arguments.s32(part + ".pitch") + from - start;
                float[] read = FinishTwin.floats(
                        memory, kernel.number("INPUT_" + i), arguments.pointer(part + ".at"), first, to - from);
                System.arraycopy(read, 0, all, from - column, to - from);
            }
            start = end;
        }
        return all;
    }

    /** The same of the {@code columns} that the step works on. */
    public float[] gated(int row, int column, int count, int columns) {
        float[] x = row(row, column, count);
        if (kernel.number("GEGLU") == 1) {
            float[] gate = row(row, columns + column, count);
            for (int i = 0; i < count; i++) {
                x[i] *= (float) Functions.gelu(gate[i]);
            }
        }
        return x;
    }
}
