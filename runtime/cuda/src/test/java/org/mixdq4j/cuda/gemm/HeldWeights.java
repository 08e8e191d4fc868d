package org.mixdq4j.cuda.gemm;

import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Tensors in memory. */
record HeldWeights(Map<String, Tensor> tensors) implements WeightSource {
    @Override
    public Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public Tensor tensor(String name) {
        return tensors.get(name);
    }

    @Override
    public DType dtype(String name) {
        return tensor(name).dtype();
    }

    @Override
    public Shape shape(String name) {
        return tensor(name).shape();
    }
}
