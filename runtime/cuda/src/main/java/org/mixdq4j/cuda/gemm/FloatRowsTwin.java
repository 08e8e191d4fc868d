package org.mixdq4j.cuda.gemm;

import java.util.List;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.FinishTwin;

/** {@code float_rows.cu} in plain Java. */
public final class FloatRowsTwin implements Twin {
    @Override
    public void run(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments arguments = (Arguments) parameters.get(0);
        int n = arguments.s32("n");
        int k = arguments.s32("k");
        int together = kernel.number("ROWS");
        if (geometry.threads() != FloatRows.THREADS || geometry.sharedBytes() < together * k * Float.BYTES) {
            throw new IllegalStateException("wants " + together * k + " floats of shared memory, not " + geometry);
        }
        int[][] weights = kernel.number("WEIGHT_BITS") == 8
                ? Unpacking.bytes(memory, arguments.pointer("b"), n, k)
                : Unpacking.codes(
                        memory, arguments.pointer("b"), arguments.pointer("multipliers"), kernel.number("GROUP"), n, k);
        int columns = Math.min(n, geometry.x() * Form.BLOCK);
        float[] scales = memory.floats(arguments.pointer("scale"), n);
        boolean earlier = kernel.number("EARLIER") == 1;
        int rows = Math.min(arguments.s32("rows"), geometry.y() * together);
        for (int row = 0; row < rows; row++) {
            float[] x = inputs(memory, kernel, arguments, row, k);
            float[] added = earlier
                    ? memory.floats(arguments.pointer("earlier") + (long) Float.BYTES * row * n, n)
                    : memory.floats(arguments.pointer("bias"), n);
            float[] y = new float[columns];
            for (int column = 0; column < columns; column++) {
                double sum = 0;
                for (int i = 0; i < k; i++) {
                    sum += (double) x[i] * weights[column][i];
                }
                y[column] = (float) sum * scales[column] + added[column];
            }
            new FinishTwin(memory, kernel, arguments, "finish").row(y, row * arguments.s32("rowsEach"), 0);
        }
    }

    private static float[] inputs(HostMemory memory, Kernel kernel, Arguments arguments, int row, int k) {
        long first = (long) row * arguments.s32("pitch");
        float[] x = FinishTwin.floats(memory, kernel.number("INPUT"), arguments.pointer("x"), first, k);
        if (arguments.pointer("factors") != 0) {
            float[] factors = memory.floats(arguments.pointer("factors"), k);
            for (int i = 0; i < k; i++) {
                x[i] *= factors[i];
            }
        }
        Rotation.apply(x, 0, k, arguments.s32("rotation"));
        return x;
    }
}
