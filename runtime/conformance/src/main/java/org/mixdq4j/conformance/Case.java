package org.mixdq4j.conformance;

import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * A network small enough for plain Java, and what it is run on.
 *
 * @param name for people, unique
 * @param inputs all of them
 */
public record Case(
        String name,
        Graph graph,
        WeightSource weights,
        QuantizedLayers layers,
        Map<String, Tensor> inputs,
        Bound bound) {
    @Override
    public String toString() {
        return name;
    }
}
