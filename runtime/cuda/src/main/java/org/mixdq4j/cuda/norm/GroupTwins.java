package org.mixdq4j.cuda.norm;

import java.util.List;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.pointwise.JoinedTwin;

/** {@code group_plain.cu}. */
final class GroupTwins {
    private GroupTwins() {}

    static void statistics(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments arguments = (Arguments) parameters.get(0);
        JoinedTwin in = new JoinedTwin(memory, kernel, arguments, "in");
        int width = arguments.s32("width");
        int rows = arguments.s32("rowsEach");
        for (int sample = 0; sample < geometry.y(); sample++) {
            for (int group = 0; group < geometry.x(); group++) {
                double mean = 0;
                double squares = 0;
                for (int row = 0; row < rows; row++) {
                    for (float x : in.row(sample * rows + row, group * width, width)) {
                        mean += x;
                    }
                }
                mean /= (double) rows * width;
                for (int row = 0; row < rows; row++) {
                    for (float x : in.row(sample * rows + row, group * width, width)) {
                        squares += (x - mean) * (x - mean);
                    }
                }
                double variance = squares / ((double) rows * width);
                long at = arguments.pointer("statistics")
                        + 2L * Float.BYTES * ((long) sample * arguments.s32("groups") + group);
                memory.setF32(at, (float) mean);
                memory.setF32(at + Float.BYTES, (float) (1 / Math.sqrt(variance + arguments.f32("epsilon"))));
            }
        }
    }
}
