package org.mixdq4j.evaluate.score;

import org.mixdq4j.core.tensor.Tensor;

/** How unlike two pictures are; 0 is equal. */
public interface PictureDistance extends AutoCloseable {
    /** @param a F32 [3, H, W], red, green and blue in -1..1 */
    double between(Tensor a, Tensor b);

    @Override
    default void close() {}
}
