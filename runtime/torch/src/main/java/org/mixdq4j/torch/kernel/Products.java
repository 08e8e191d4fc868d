package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import org.mixdq4j.core.graph.op.Layer;

/** Linear and Conv2d with float weights. */
final class Products {
    private Products() {}

    static Kernel layer(Layer layer, KernelContext context) {
        NDArray weight = context.parameter("weight");
        NDArray bias = context.parameter("bias");
        Product product = Product.of(layer);
        return in -> product.apply(in.get(0), weight, bias);
    }
}
