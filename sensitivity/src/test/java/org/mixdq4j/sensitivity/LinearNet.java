package org.mixdq4j.sensitivity;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Linear layers one behind the other and nothing else, with random weights: what is true to first order is true. */
public final class LinearNet {
    private static final int TOKENS = 3;

    private final Graph graph;
    private final Shape input;
    private final Map<String, Tensor> weights = new LinkedHashMap<>();

    /** @param widths of the input and of each layer's output, two at least */
    public LinearNet(int... widths) {
        input = Shape.of(1, 1, TOKENS, widths[0]);
        GraphBuilder builder = new GraphBuilder("LinearNet");
        GraphBuilder.Value value = builder.input("sample", DType.F32, input);
        for (int i = 1; i < widths.length; i++) {
            value = builder.add("layer" + i, new Linear(widths[i - 1], widths[i], false), value);
        }
        builder.output("out", value);
        graph = builder.build();
        Random random = new Random(5);
        graph.parameters().forEach((name, shape) -> weights.put(name, random(shape, random)));
    }

    public static Tensor random(Shape shape, Random random) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(shape, values);
    }

    public Graph graph() {
        return graph;
    }

    public Shape input() {
        return input;
    }

    public WeightSource weights() {
        return WeightSource.of(weights);
    }
}
