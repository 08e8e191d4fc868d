package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.torch.array.TensorBridge;

/** Normalizations. */
final class Norms {
    private static final int[] LAST = {-1};

    private Norms() {}

    /** DJL has no group norm; a layer norm over rows of one group each does its reductions in one native pass. */
    static Kernel groupNorm(GroupNorm op, KernelContext context) {
        Shape shape = TensorBridge.shape(context.node().shape());
        long rows = shape.get(0) * op.groups();
        Shape row = new Shape(shape.size() / rows);
        Shape flat = new Shape(rows, row.size());
        long[] channelwise = new long[shape.dimension()];
        Arrays.fill(channelwise, 1);
        channelwise[1] = op.channels();
        NDArray weight = context.parameter("weight").reshape(channelwise);
        NDArray bias = context.parameter("bias").reshape(channelwise);
        // The native kernel insists on an affine part as long as a row: a view of one element, which it lays out
        // itself.
        NDArray ones = context.manager().ones(new Shape(1)).broadcast(row);
        NDArray zeros = context.manager().zeros(new Shape(1)).broadcast(row);
        float epsilon = (float) op.epsilon();
        return in -> {
            NDArray x = in.get(0).reshape(flat);
            NDArray normal = nativeLayerNorm(x, row, ones, zeros, epsilon).reshape(shape);
            return normal.muli(weight).addi(bias);
        };
    }

    static Kernel layerNorm(LayerNorm op, KernelContext context) {
        Shape features = new Shape(op.features());
        NDArray weight =
                op.affine() ? context.parameter("weight") : context.manager().ones(features);
        NDArray bias =
                op.affine() ? context.parameter("bias") : context.manager().zeros(features);
        float epsilon = (float) op.epsilon();
        return in -> nativeLayerNorm(in.get(0), features, weight, bias, epsilon);
    }

    static Kernel rmsNorm(RmsNorm op, KernelContext context) {
        NDArray weight = context.parameter("weight");
        float epsilon = (float) op.epsilon();
        return in -> {
            NDArray x = in.get(0);
            NDArray meanSquare = x.square().mean(LAST, true).addi(epsilon);
            return x.div(meanSquare.sqrt()).muli(weight);
        };
    }

    static Kernel l2Normalize(L2Normalize op, KernelContext context) {
        return in -> in.get(0).div(in.get(0).square().sum(LAST, true).sqrt());
    }

    private static NDArray nativeLayerNorm(NDArray x, Shape row, NDArray weight, NDArray bias, float epsilon) {
        return x.getNDArrayInternal().layerNorm(x, row, weight, bias, epsilon).singletonOrThrow();
    }
}
