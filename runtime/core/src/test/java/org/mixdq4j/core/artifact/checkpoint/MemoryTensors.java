package org.mixdq4j.core.artifact.checkpoint;

import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Tensors in memory, as a file would give them. */
record MemoryTensors(Map<String, Tensor> tensors) implements WeightSource {
    @Override
    public Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public Tensor tensor(String name) {
        if (!tensors.containsKey(name)) {
            throw new MixdqException("there is no tensor '" + name + "'");
        }
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
