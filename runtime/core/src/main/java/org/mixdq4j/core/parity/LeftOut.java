package org.mixdq4j.core.parity;

import java.util.LinkedHashSet;
import java.util.Set;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** The tensors of another source but for some. */
record LeftOut(WeightSource source, Set<String> hidden) implements WeightSource {
    @Override
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>(source.names());
        names.removeAll(hidden);
        return names;
    }

    @Override
    public Tensor tensor(String name) {
        return source.tensor(name);
    }

    @Override
    public DType dtype(String name) {
        return source.dtype(name);
    }

    @Override
    public Shape shape(String name) {
        return source.shape(name);
    }
}
