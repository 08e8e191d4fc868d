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
        for (int i = 0; i < x.length; i++) {
            double away = mean;
            double by = factor;
            if (kind == Scaling.GROUP_NORM) {
                long sample = row / arguments.s32(field + ".rowsEach");
                long group = sample * arguments.s32(field + ".groups") + (column + i) / arguments.s32(field + ".width");
                long at = arguments.pointer(field + ".statistics") + 2 * Float.BYTES * group;
                away = memory.f32(at);
                by = memory.f32(at + Float.BYTES);
            }
            double y = (x[i] - away) * by;
            long offset = (long) Float.BYTES * (column + i);
            if (kernel.number("AFFINE") > 0) {
                y *= memory.f32(arguments.pointer(field + ".weight") + offset);
            }
            if (kernel.number("AFFINE") > 1) {
                y += memory.f32(arguments.pointer(field + ".bias") + offset);
            }
            x[i] = (float) y;
        }
    }
}
