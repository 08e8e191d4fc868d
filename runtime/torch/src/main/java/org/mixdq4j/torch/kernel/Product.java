package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.graph.op.Linear;

/** The float product of a layer's input, or of some of its channels, with a weight. */
@FunctionalInterface
public interface Product {
    /** @param bias [outputs], or null. @return a new array of the manager of {@code x} */
    NDArray apply(NDArray x, NDArray weight, NDArray bias);

    /** The product a layer stands for. */
    static Product of(Layer layer) {
        return layer instanceof Conv2d conv ? convolution(conv) : Product::linear;
    }

    /** {@code x W^T + b} over the last axis, as {@link Linear}. */
    static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
        return x.getNDArrayInternal().linear(x, weight, bias).singletonOrThrow();
    }

    private static Product convolution(Conv2d conv) {
        Conv2d.Padding padding = conv.padding();
        boolean symmetric = padding.top() == padding.bottom() && padding.left() == padding.right();
        Shape inside = symmetric ? new Shape(padding.top(), padding.left()) : new Shape(0, 0);
        Shape outside = new Shape(padding.left(), padding.right(), padding.top(), padding.bottom());
        Shape stride = new Shape(conv.stride(), conv.stride());
        Shape dilation = new Shape(1, 1);
        return (x, weight, bias) -> {
            NDArray padded = symmetric ? x : x.pad(outside, 0);
            NDArray out = padded.getNDArrayInternal()
                    .convolution(padded, weight, bias, stride, inside, dilation, 1)
                    .singletonOrThrow();
            if (!symmetric) {
                padded.close();
            }
            return out;
        };
    }
}
