package org.mixdq4j.cuda.pointwise;

import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.host.HostMemory;

/** {@code norm.cuh} in plain Java: in double, rounded once. */
record ScalingTwin(HostMemory memory, Kernel kernel, Arguments arguments, String field) {
    /** Columns {@code [column, column + x.length)} of a row, by what a row's norm found out. */
    void apply(float[] x, int row, int column, double mean, double factor) {
        int kind = kernel.number("NORM");
        if (kind == Scaling.NONE) {
            return;
        }
        boolean grouped = kind == Scaling.GROUP_NORM;
        long firstGroup =
                grouped ? (long) (row / arguments.s32(field + ".rowsEach")) * arguments.s32(field + ".groups") : 0;
        int width = grouped ? arguments.s32(field + ".width") : 1;
        long statistics = grouped ? arguments.pointer(field + ".statistics") : 0;
        int affine = kernel.number("AFFINE");
        long weight = affine > 0 ? arguments.pointer(field + ".weight") : 0;
        long bias = affine > 1 ? arguments.pointer(field + ".bias") : 0;
        for (int i = 0; i < x.length; i++) {
            double away = mean;
            double by = factor;
            if (grouped) {
                long at = statistics + 2 * Float.BYTES * (firstGroup + (column + i) / width);
                away = memory.f32(at);
                by = memory.f32(at + Float.BYTES);
            }
            double y = (x[i] - away) * by;
            long offset = (long) Float.BYTES * (column + i);
            if (affine > 0) {
                y *= memory.f32(weight + offset);
            }
            if (affine > 1) {
                y += memory.f32(bias + offset);
            }
            x[i] = (float) y;
        }
    }
}
