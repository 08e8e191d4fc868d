package org.mixdq4j.torch;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;

/** Runs a graph of one node called {@code op} on PyTorch. */
public final class OneOp {
    private OneOp() {}

    public static Graph graph(Op op, Tensor... inputs) {
        GraphBuilder builder = new GraphBuilder("One");
        GraphBuilder.Value[] values = new GraphBuilder.Value[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            values[i] = builder.input("in" + i, inputs[i].dtype(), inputs[i].shape());
        }
        builder.output("out", builder.add("op", op, values));
        return builder.build();
    }

    public static Tensor run(Op op, MemoryWeights weights, Tensor... inputs) {
        return run(op, weights, QuantizedLayers.NONE, inputs);
    }

    public static Tensor quantized(Op op, QuantizedLayer layer, Tensor... inputs) {
        return run(op, new MemoryWeights(), QuantizedLayers.of(Map.of("op", layer)), inputs);
    }

    private static Tensor run(Op op, MemoryWeights weights, QuantizedLayers quantized, Tensor... inputs) {
        Map<String, Tensor> byName = new HashMap<>();
        for (int i = 0; i < inputs.length; i++) {
            byName.put("in" + i, inputs[i]);
        }
        try (InstrumentedExecutor executor = new TorchProvider().create();
                Instrumented model = executor.compile(graph(op, inputs), weights, quantized, Numerics.SIMULATED)) {
            return model.run(byName, Set.of("out"), Observer.NONE).get("out");
        }
    }
}
