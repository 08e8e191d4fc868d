package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** A layer as a function of its input. */
public interface LayerBody extends AutoCloseable {
    /**
     * @param input FP32, row-major, of the shape the body was made for; owned by {@code scratch}; not changed
     * @return FP32, row-major, owned by {@code scratch}
     */
    NDArray run(NDArray input, NDManager scratch);

    /** Bytes of weights held outside the arrays of the manager it was made with. */
    default long weightBytes() {
        return 0;
    }

    @Override
    void close();
}
