package org.mixdq4j.torch.array;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * While open, PyTorch notes how values come about that depend on {@link #zeros}. For the thread that opened it: DJL's own
 * collector of gradients allows one in the process.
 */
public final class Autograd implements AutoCloseable {
    private final boolean before = JniUtils.isGradMode();

    public Autograd() {
        JniUtils.setGradMode(true);
    }

    /** Zeros to be added to a value so as to learn the gradient with respect to it. They take no memory. */
    public NDArray zeros(Shape shape, NDManager manager) {
        try (NDArray zero = manager.zeros(new Shape(1))) {
            NDArray zeros = zero.broadcast(shape);
            zeros.setRequiresGradient(true);
            return zeros;
        }
    }

    /**
     * Gives all zeros that {@code value} depends on, and no others, the gradient of the sum of {@code direction * value}.
     * What was noted is forgotten.
     */
    public void backward(NDArray value, NDArray direction) {
        JniUtils.backward((PtNDArray) value, (PtNDArray) direction, false, false);
    }

    @Override
    public void close() {
        JniUtils.setGradMode(before);
    }
}
