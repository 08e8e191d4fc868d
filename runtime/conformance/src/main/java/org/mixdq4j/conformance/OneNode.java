package org.mixdq4j.conformance;

import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Networks of one node, {@code op}, whose inputs are {@code in0}, {@code in1}, ... and whose output is {@code out}. */
final class OneNode {
    static final String ID = "op";

    private OneNode() {}

    static Graph graph(Op op, Tensor... inputs) {
        GraphBuilder builder = new GraphBuilder(op.name());
        GraphBuilder.Value[] values = new GraphBuilder.Value[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            values[i] = builder.input("in" + i, inputs[i].dtype(), inputs[i].shape());
        }
        builder.output("out", builder.add(ID, op, values));
        return builder.build();
    }

    /** With random parameters. */
    static Case of(String name, Bound bound, Op op, Tensor... inputs) {
        Graph graph = graph(op, inputs);
        return of(name, bound, graph, MemoryWeights.randomFor(graph, name.hashCode()), inputs);
    }

    private static Case of(String name, Bound bound, Graph graph, WeightSource weights, Tensor... inputs) {
        Map<String, Tensor> byName = new LinkedHashMap<>();
        for (int i = 0; i < inputs.length; i++) {
            byName.put("in" + i, inputs[i]);
        }
        return new Case(name, graph, weights, QuantizedLayers.NONE, byName, bound);
    }
}
