package org.mixdq4j.cuda.pointwise;

import java.util.List;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.finish.FinishTwin;

/** {@code pointwise.cu}, {@code rows.cu} and {@code rows_plain.cu}. */
final class RowTwins {
    private RowTwins() {}

    /** Elements one after the other, as far as the blocks reach. */
    static void pointwise(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments arguments = (Arguments) parameters.get(0);
        int columns = arguments.s32("columns");
        long reached = (long) geometry.x() * geometry.threads() * kernel.number("EACH") * kernel.number("VECTOR");
        long all = Math.min(reached, (long) arguments.s32("rows") * columns);
        JoinedTwin in = new JoinedTwin(memory, kernel, arguments, "in");
        ScalingTwin norm = new ScalingTwin(memory, kernel, arguments, "norm");
        FinishTwin finish = new FinishTwin(memory, kernel, arguments, "finish");
        for (int row = 0; (long) row * columns < all; row++) {
            float[] x = in.gated(row, 0, (int) Math.min(columns, all - (long) row * columns), columns);
            norm.apply(x, row, 0, 0, 1);
            finish.row(x, row, 0);
        }
    }

    /** A row a warp, or a row a block. */
    static void rows(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        int warps = kernel.number("ROW_THREADS") == RowWork.WARP ? geometry.threads() / RowWork.WARP : 1;
        rows(memory, kernel, (int) Math.min(Integer.MAX_VALUE, (long) geometry.x() * warps), parameters);
    }

    static void anyRows(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        int columns = ((Arguments) parameters.get(0)).s32("columns");
        boolean rotates = kernel.number("ROTATE_0") + kernel.number("ROTATE_1") + kernel.number("ROTATE_2") > 0;
        int copies = rotates ? 2 : kernel.number("KEEP");
        if (geometry.sharedBytes() < copies * columns * Float.BYTES) {
            throw new IllegalStateException("a row of " + columns + " in " + geometry.sharedBytes() + " bytes");
        }
        rows(memory, kernel, geometry.x(), parameters);
    }

    private static void rows(HostMemory memory, Kernel kernel, int reached, List<Parameter> parameters) {
        Arguments arguments = (Arguments) parameters.get(0);
        int columns = arguments.s32("columns");
        JoinedTwin in = new JoinedTwin(memory, kernel, arguments, "in");
        ScalingTwin norm = new ScalingTwin(memory, kernel, arguments, "norm");
        FinishTwin finish = new FinishTwin(memory, kernel, arguments, "finish");
        int kind = kernel.number("NORM");
        for (int row = 0; row < Math.min(reached, arguments.s32("rows")); row++) {
            float[] x = in.gated(row, 0, columns, columns);
            double mean = 0;
            for (int i = 0; kind == Scaling.ROW_NORM && i < columns; i++) {
                mean += x[i] / (double) columns;
            }
            double squares = 0;
            for (float value : x) {
                squares += (value - mean) * (value - mean);
            }
            double factor = kind == Scaling.UNIT
                    ? 1 / Math.sqrt(squares)
                    : 1 / Math.sqrt(squares / columns + arguments.f32("norm.epsilon"));
            norm.apply(x, row, 0, mean, factor);
            finish.row(x, row, 0);
        }
    }
}
