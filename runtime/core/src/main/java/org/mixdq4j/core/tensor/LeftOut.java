package org.mixdq4j.core.tensor;

import java.util.LinkedHashSet;
import java.util.Set;

/** The tensors of another source but for some. @param hidden names that are left out */
public record LeftOut(WeightSource source, Set<String> hidden) implements WeightSource {
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
