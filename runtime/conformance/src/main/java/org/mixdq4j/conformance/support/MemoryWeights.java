package org.mixdq4j.conformance.support;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Weights made up in memory. */
public final class MemoryWeights implements WeightSource {
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /** Random ones for every parameter of a graph. */
    public static MemoryWeights randomFor(Graph graph, long seed) {
        MemoryWeights weights = new MemoryWeights();
        Random random = new Random(seed);
        graph.parameters().forEach((name, shape) -> weights.put(name, random(shape, random)));
        return weights;
    }

    /** Uniform in [-1, 1). */
    public static Tensor random(Shape shape, Random random) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return Tensor.of(shape, values);
    }

    public MemoryWeights put(String name, Tensor tensor) {
        tensors.put(name, tensor);
        return this;
    }

    public void remove(String name) {
        tensors.remove(name);
    }

    @Override
    public Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public Tensor tensor(String name) {
        if (!tensors.containsKey(name)) {
            throw new MixdqException("there is no tensor '" + name + "' in memory");
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
