package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** A layer whose weight or input stays in float: what is quantized is rounded, and the product is float. */
record SimulatedBody(SegmentedProduct product) implements LayerBody {
    @Override
    public NDArray run(NDArray input, NDManager scratch) {
        return product.run(input, true, scratch);
    }
}
