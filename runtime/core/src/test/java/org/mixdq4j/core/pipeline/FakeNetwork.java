package org.mixdq4j.core.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** A noise predictor whose answer is its latent plus the first number of its text; it remembers what it was asked. */
final class FakeNetwork implements Network {
    static final Shape LATENT = Shape.of(1, 1, 2, 2);
    private final Graph graph;
    final List<Map<String, Tensor>> calls = new ArrayList<>();
    float[] answer;

    /** @param others names and shapes of inputs beside the latent and the text */
    FakeNetwork(Map<String, Shape> others) {
        GraphBuilder builder = new GraphBuilder("Fake");
        Value sum = builder.input("sample", DType.F32, LATENT);
        Map<String, Shape> all = new LinkedHashMap<>(Map.of("encoder_hidden_states", Shape.of(1, 2, 3)));
        all.putAll(others);
        for (Map.Entry<String, Shape> input : all.entrySet()) {
            Shape shape = input.getValue();
            Value value = builder.input(input.getKey(), DType.F32, shape);
            int elements = (int) shape.elements();
            value = builder.add(input.getKey() + ".flat", new Reshape(Shape.of(elements)), value);
            value = builder.add(input.getKey() + ".first", new Slice(0, 0, 1), value);
            sum = builder.add(input.getKey() + ".sum", new Add(), sum, value);
        }
        builder.output("sample", sum);
        this.graph = builder.build();
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public Session session() {
        Map<String, Tensor> held = new LinkedHashMap<>();
        return new Session() {
            @Override
            public void set(String input, Tensor tensor) {
                held.put(input, tensor);
            }

            @Override
            public Map<String, Tensor> run() {
                return answer(Map.copyOf(held));
            }

            @Override
            public Map<String, Tensor> run(Set<String> wanted) {
                return run();
            }

            @Override
            public void close() {}
        };
    }

    private Map<String, Tensor> answer(Map<String, Tensor> inputs) {
        calls.add(inputs);
        float[] out = inputs.get("sample").toFloatArray();
        float text = inputs.get("encoder_hidden_states").toFloatArray()[0];
        for (int i = 0; i < out.length; i++) {
            out[i] = answer == null ? out[i] + text : answer[i];
        }
        return Map.of("sample", Tensor.of(LATENT, out));
    }

    @Override
    public void close() {}
}
