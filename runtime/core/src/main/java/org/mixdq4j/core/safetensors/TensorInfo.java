package org.mixdq4j.core.safetensors;

import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** What a tensor to be written will be: enough to lay out a file before its data exists. */
public record TensorInfo(DType dtype, Shape shape) {
    public static TensorInfo of(Tensor tensor) {
        return new TensorInfo(tensor.dtype(), tensor.shape());
    }

    /** Bytes of the data. */
    public long bytes() {
        return Math.multiplyExact(shape.elements(), (long) dtype.bytes());
    }
}
