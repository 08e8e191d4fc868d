package org.mixdq4j.cpu.quant;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** {@link org.mixdq4j.core.exec.Execution#SIMULATED}: rounded inputs, dequantized weights, float products. */
record SimulatedBody(SegmentedProduct product) implements LayerBody {
    @Override
    public NDArray run(NDArray input, NDManager scratch) {
        return product.run(input, true, scratch);
    }

    /** Everything belongs to the manager it was made with. */
    @Override
    public void close() {}
}
