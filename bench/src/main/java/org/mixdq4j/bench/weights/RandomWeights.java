package org.mixdq4j.bench.weights;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.graph.op.SinCosGrid;
import org.mixdq4j.core.random.TorchRandom;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Weights of a network as large as a trained one's would be: of layers normal with standard deviation 1 / sqrt(inputs), so
 * that what they compute is as large as what they read; of norms ones; of tables normal and small; biases zero; what a
 * formula gives, by the formula. FP16. Each tensor depends on the seed and its name only.
 */
final class RandomWeights {
    /** Numbers from one seed: what is drawn in parallel. */
    private static final int CHUNK = 1 << 20;

    private static final double TABLE_DEVIATION = 0.02;
    private static final String WEIGHT = "weight";

    /** A tensor's elements: {@code constant}, plus normal ones times {@code deviation}; or a formula's. */
    private record Content(Shape shape, double deviation, float constant, SinCosGrid formula) {}

    private final Map<String, Content> contents = new TreeMap<>();
    private final long seed;

    RandomWeights(Graph graph, long seed) {
        this.seed = seed;
        Map<String, SinCosGrid> formulas = graph.formulas();
        for (Node node : graph.nodes()) {
            for (ParameterSpec spec : node.op().parameters()) {
                String name = node.parameterName(spec);
                contents.put(name, content(node, spec, formulas.get(name)));
            }
        }
    }

    private static Content content(Node node, ParameterSpec spec, SinCosGrid formula) {
        Shape shape = spec.shape();
        if (formula != null) {
            return new Content(shape, 0, 0, formula);
        }
        if (node.op() instanceof Embedding || node.op() instanceof Parameter) {
            return new Content(shape, TABLE_DEVIATION, 0, null);
        }
        boolean weight = spec.suffix().equals(WEIGHT);
        if (node.isLayer() && weight) {
            double inputs = (double) shape.elements() / shape.dim(0);
            return new Content(shape, 1 / Math.sqrt(inputs), 0, null);
        }
        return new Content(shape, 0, weight ? 1 : 0, null);
    }

    /** Names and shapes, sorted by name. */
    Map<String, Shape> shapes() {
        Map<String, Shape> shapes = new TreeMap<>();
        contents.forEach((name, content) -> shapes.put(name, content.shape()));
        return shapes;
    }

    /** In how many parts along its first axis a tensor is drawn; a scalar in one. */
    int partCount(String name) {
        Shape shape = contents.get(name).shape();
        if (shape.rank() == 0 || contents.get(name).formula() != null) {
            return 1;
        }
        return (shape.dim(0) + rows(shape) - 1) / rows(shape);
    }

    /** Some parts of a tensor, F16, in order; drawn in parallel. */
    List<Tensor> parts(String name, int first, int end) {
        return IntStream.range(first, end)
                .parallel()
                .mapToObj(index -> part(name, index))
                .toList();
    }

    private static int rows(Shape shape) {
        return (int) Math.max(1, CHUNK / Math.max(1, shape.elements() / shape.dim(0)));
    }

    private Tensor part(String name, int index) {
        Content content = contents.get(name);
        Shape shape = content.shape();
        if (content.formula() != null) {
            return halves(shape, content.formula().values().toFloatArray());
        }
        Shape part =
                shape.rank() == 0 ? shape : shape.with(0, Math.min(rows(shape), shape.dim(0) - index * rows(shape)));
        return part(name, content, part, index);
    }

    private Tensor part(String name, Content content, Shape shape, int index) {
        int count = Math.toIntExact(shape.elements());
        float[] values = new float[count];
        if (content.deviation() > 0) {
            long stream = TorchRandom.seedOf(name.hashCode(), seed);
            values = new TorchRandom(TorchRandom.seedOf(index, stream)).normal(count);
        }
        for (int i = 0; i < count; i++) {
            values[i] = content.constant() + (float) content.deviation() * values[i];
        }
        return halves(shape, values);
    }

    private static Tensor halves(Shape shape, float[] values) {
        Tensor tensor = Tensor.zeros(DType.F16, shape);
        var halves = tensor.buffer().asShortBuffer();
        for (float value : values) {
            halves.put(HalfFloats.toF16(value));
        }
        return tensor;
    }
}
