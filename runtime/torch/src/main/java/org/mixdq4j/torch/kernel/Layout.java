package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import org.mixdq4j.core.graph.op.Broadcast;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Views;

/** Ops that move elements without computing any. */
final class Layout {
    private static final int NEAREST = 0;

    private Layout() {}

    static Kernel reshape(Reshape op, KernelContext context) {
        Shape shape = TensorBridge.shape(op.shape());
        return in -> in.get(0).reshape(shape);
    }

    static Kernel transpose(Transpose op, KernelContext context) {
        int[] axes = op.permutation().stream().mapToInt(Integer::intValue).toArray();
        return in -> Views.dense(in.get(0).transpose(axes));
    }

    static Kernel slice(Slice op, KernelContext context) {
        int axis = context.inputs().get(0).axis(op.axis());
        return in -> Views.dense(Views.slice(in.get(0), axis, op.from(), op.to()));
    }

    static Kernel broadcast(Broadcast op, KernelContext context) {
        Shape shape = TensorBridge.shape(op.shape());
        return in -> Views.dense(in.get(0).broadcast(shape));
    }

    static Kernel concat(Concat op, KernelContext context) {
        return in -> {
            NDList parts = new NDList();
            for (int i = 0; i < in.count(); i++) {
                parts.add(in.get(i));
            }
            return NDArrays.concat(parts, op.axis());
        };
    }

    /**
     * PyTorch's own resize rounds {@code i * (in / out)} in float32, which is exact for powers of two only and may
     * otherwise fall one row short; other sizes are gathered by index.
     */
    static Kernel upsampleNearest(UpsampleNearest op, KernelContext context) {
        int height = context.inputs().get(0).dim(2);
        int width = context.inputs().get(0).dim(3);
        if (powerOfTwo(height, op.height()) && powerOfTwo(width, op.width())) {
            long[] size = {op.height(), op.width()};
            return in -> in.get(0).getNDArrayInternal().interpolation(size, NEAREST, false);
        }
        NDArray rows = context.manager().create(sources(height, op.height()));
        NDArray columns = context.manager().create(sources(width, op.width()));
        return in -> {
            NDArray tall = take(in.get(0), 2, rows);
            return Views.dense(take(tall, 3, columns));
        };
    }

    private static NDArray take(NDArray x, int axis, NDArray indices) {
        return x.get(new NDIndex().addAllDim(axis).addIndices("{}", indices));
    }

    private static boolean powerOfTwo(int from, int to) {
        return to % from == 0 && Integer.bitCount(to / from) == 1;
    }

    private static long[] sources(int from, int to) {
        long[] indices = new long[to];
        for (int i = 0; i < to; i++) {
            indices[i] = (long) i * from / to;
        }
        return indices;
    }
}
