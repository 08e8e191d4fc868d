package org.mixdq4j.export.onnx;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.random.TorchRandom;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/** Inputs a network may be given. */
final class RandomInputs {
    private RandomInputs() {}

    static Map<String, Tensor> of(Graph graph, long seed) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (GraphInput input : graph.inputs().values()) {
            int count = Math.toIntExact(input.shape().elements());
            if (input.dtype() == DType.I64) {
                int words = graph.nodes().stream()
                        .filter(node -> node.inputs().contains(input.name()))
                        .map(Node::op)
                        .filter(Embedding.class::isInstance)
                        .mapToInt(op -> ((Embedding) op).count())
                        .min()
                        .orElseThrow();
                Random random = new Random(seed);
                long[] ids = random.longs(count, 0, words).toArray();
                inputs.put(input.name(), Tensor.ofLongs(input.shape(), ids));
            } else {
                float[] values = new TorchRandom(seed + inputs.size()).normal(count);
                if (input.shape().rank() == 1) {
                    Arrays.fill(values, 499);
                }
                inputs.put(input.name(), Tensor.of(input.shape(), values));
            }
        }
        return inputs;
    }
}
