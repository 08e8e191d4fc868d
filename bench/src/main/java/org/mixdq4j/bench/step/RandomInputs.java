package org.mixdq4j.bench.step;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.random.TorchRandom;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/** Inputs a network may be given: normal numbers, token ids of its vocabulary, and for what is one number a row a timestep. */
public final class RandomInputs {
    private static final float TIMESTEP = 500;
    private static final float LAST_TIMESTEP = 999;
    private static final int ROWS_RANK = 1;

    private RandomInputs() {}

    /** Inputs at a middle timestep. */
    public static Map<String, Tensor> of(Graph graph) {
        return of(graph, 0, TIMESTEP);
    }

    /** Inputs of several calls, at timesteps spread from the last one down. */
    public static List<Map<String, Tensor>> calls(Graph graph, int count) {
        List<Map<String, Tensor>> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            calls.add(of(graph, 1000L * (i + 1), LAST_TIMESTEP * (count - i) / count));
        }
        return calls;
    }

    private static Map<String, Tensor> of(Graph graph, long seed, float timestep) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (GraphInput input : graph.inputs().values()) {
            int count = Math.toIntExact(input.shape().elements());
            if (input.dtype() == DType.I64) {
                long[] ids =
                        new Random(seed).longs(count, 0, words(graph, input)).toArray();
                inputs.put(input.name(), Tensor.ofLongs(input.shape(), ids));
                continue;
            }
            float[] values = new TorchRandom(seed + inputs.size()).normal(count);
            if (input.shape().rank() == ROWS_RANK) {
                Arrays.fill(values, timestep);
            }
            inputs.put(input.name(), Tensor.of(input.shape(), values));
        }
        return inputs;
    }

    private static int words(Graph graph, GraphInput ids) {
        return graph.nodes().stream()
                .filter(node -> node.inputs().contains(ids.name()))
                .map(Node::op)
                .filter(Embedding.class::isInstance)
                .mapToInt(op -> ((Embedding) op).count())
                .min()
                .orElse(1);
    }
}
