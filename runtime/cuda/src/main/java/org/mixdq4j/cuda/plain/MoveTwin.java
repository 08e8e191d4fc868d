package org.mixdq4j.cuda.plain;

import java.nio.ByteBuffer;
import java.util.List;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostMemory;
import org.mixdq4j.cuda.device.host.Twin;

/** {@code move.cu}. */
final class MoveTwin implements Twin {
    @Override
    public void run(HostMemory memory, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
        Arguments arguments = (Arguments) parameters.get(0);
        int unit = kernel.number("UNIT_BYTES");
        int rank = kernel.number("RANK");
        long count = Math.min(arguments.s64("count"), geometry.blocks() * MovePlan.THREADS);
        int[] dims = new int[rank];
        long[] from = new long[rank];
        long[] to = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            dims[axis] = arguments.s32("dim[" + axis + "]");
            from[axis] = arguments.s64("fromStride[" + axis + "]");
            to[axis] = arguments.s64("toStride[" + axis + "]");
        }
        boolean runs = from[rank - 1] == 1 && to[rank - 1] == 1;
        for (long index = 0; index < count; ) {
            long rest = index;
            long source = arguments.pointer("from");
            long target = arguments.pointer("to");
            for (int axis = rank - 1; axis >= 0; axis--) {
                source += rest % dims[axis] * from[axis] * unit;
                target += rest % dims[axis] * to[axis] * unit;
                rest /= dims[axis];
            }
            // Neighbours on both sides at once: for speed alone.
            long units = runs ? Math.min(count - index, dims[rank - 1] - index % dims[rank - 1]) : 1;
            ByteBuffer bytes = memory.bytes(source, units * unit);
            memory.bytes(target, units * unit).put(bytes);
            index += units;
        }
    }
}
