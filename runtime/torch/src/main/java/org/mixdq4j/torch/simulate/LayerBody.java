package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** A layer as a function of its input. Its arrays belong to the manager it was made with. */
@FunctionalInterface
interface LayerBody {
    /**
     * @param input FP32, row-major, of the shape the body was made for; owned by {@code scratch}; not changed
     * @return FP32, row-major, owned by {@code scratch}
     */
    NDArray run(NDArray input, NDManager scratch);
}
