package org.mixdq4j.ptq.rounding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Vectors times weights must be what an executor computes. */
class LayerInputTest {
    private static InstrumentedExecutor executor;

    @BeforeAll
    static void start() {
        executor = Executors.instrumented();
    }

    @AfterAll
    static void close() {
        executor.close();
    }

    static Stream<Arguments> layers() {
        return Stream.of(
                Arguments.of(new Linear(6, 4, false), Shape.of(1, 5, 6)),
                Arguments.of(new Linear(6, 4, false), Shape.of(3, 6)),
                Arguments.of(conv(1, 1, 1, Conv2d.Padding.same(0)), Shape.of(1, 6, 5, 7)),
                Arguments.of(conv(3, 3, 1, Conv2d.Padding.same(1)), Shape.of(2, 6, 5, 7)),
                Arguments.of(conv(3, 3, 2, Conv2d.Padding.same(1)), Shape.of(1, 6, 5, 8)),
                Arguments.of(conv(3, 2, 2, new Conv2d.Padding(0, 1, 0, 1)), Shape.of(1, 6, 6, 6)));
    }

    private static Conv2d conv(int height, int width, int stride, Conv2d.Padding padding) {
        return new Conv2d(6, 4, height, width, stride, padding, false);
    }

    @ParameterizedTest(name = "{0} of {1}")
    @MethodSource("layers")
    void vectorsTimesWeightsAreTheOutput(Op op, Shape shape) {
        GraphBuilder builder = new GraphBuilder("OneLayer");
        builder.output("out", builder.add("layer", op, builder.input("in", DType.F32, shape)));
        Graph graph = builder.build();
        Shape weightShape = op.parameters().get(0).shape();
        int size = (int) weightShape.elements();
        Tensor weight = Tensor.of(weightShape, Correlated.weight(1, size, 1).toFloatArray());
        Tensor in =
                Tensor.of(shape, Correlated.weight(1, (int) shape.elements(), 2).toFloatArray());
        float[] expected;
        try (Instrumented model = executor.compile(graph, source(weight))) {
            expected = model.run(Map.of("in", in)).get("out").toFloatArray();
        }

        double[] found = new double[expected.length];
        for (int from : new int[] {0, 2}) {
            // Parts of the input channels: their shares of the output add up.
            int to = from == 0 ? 2 : 6;
            LayerInput input = LayerInput.of(graph, new StatisticsKey("layer", from, to, false));
            PartWeights part = PartWeights.of(weight, from, to);
            assertThat(input.width()).isEqualTo(part.width());
            int count = input.count(shape);
            assertThat(count * 4).isEqualTo(expected.length);
            double[] vector = new double[input.width()];
            for (int index = 0; index < count; index++) {
                input.read(in.toFloatArray(), shape, index, vector);
                for (int output = 0; output < 4; output++) {
                    for (int k = 0; k < vector.length; k++) {
                        found[place(op, expected.length, index, output, shape)] += vector[k] * part.rows()[output][k];
                    }
                }
            }
        }
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i]).isCloseTo(expected[i], within(1e-4));
        }
    }

    /** Where output channel {@code output} of vector {@code index} lies. */
    private static int place(Op op, int size, int index, int output, Shape in) {
        if (op instanceof Linear) {
            return index * 4 + output;
        }
        int plane = size / in.dim(0) / 4;
        return (index / plane * 4 + output) * plane + index % plane;
    }

    private static WeightSource source(Tensor weight) {
        return WeightSource.of(Map.of("layer.weight", weight));
    }

    @Test
    void layersThatReadTheSameVectorsShareThem() {
        GraphBuilder builder = new GraphBuilder("Shared");
        GraphBuilder.Value in = builder.input("in", DType.F32, Shape.of(1, 5, 6));
        builder.output("q", builder.add("q", new Linear(6, 4, false), in));
        builder.output("k", builder.add("k", new Linear(6, 8, true), in));
        GraphBuilder.Value image = builder.input("image", DType.F32, Shape.of(1, 6, 4, 4));
        builder.output("a", builder.add("a", conv(3, 3, 1, Conv2d.Padding.same(1)), image));
        builder.output("b", builder.add("b", new Conv2d(6, 9, 3, 3, 1, Conv2d.Padding.same(1), true), image));
        builder.output("c", builder.add("c", conv(3, 3, 2, Conv2d.Padding.same(1)), image));
        Graph graph = builder.build();

        assertThat(input(graph, "q", 6)).isEqualTo(input(graph, "k", 6)).isNotEqualTo(input(graph, "k", 5));
        assertThat(input(graph, "a", 6)).isEqualTo(input(graph, "b", 6)).isNotEqualTo(input(graph, "c", 6));
        assertThat(LayerInput.of(graph, new StatisticsKey("q", 0, 6, true)))
                .as("the first token is multiplied with these weights, too")
                .isEqualTo(input(graph, "q", 6));
    }

    @Test
    void vectorsAreThoseOfRotatedChannels() {
        GraphBuilder builder = new GraphBuilder("Rotated");
        GraphBuilder.Value in = builder.input("in", DType.F32, Shape.of(3, 16));
        builder.output("q", builder.add("q", new Linear(16, 4, false), in));
        Graph graph = builder.build();
        float[] values = Correlated.weight(1, 48, 5).toFloatArray();
        float[] factors = Correlated.weight(1, 16, 6).toFloatArray();
        LayerInput input =
                LayerInput.of(graph, new StatisticsKey("q", 0, 16, false), Optional.of(FloatBuffer.wrap(factors)), 16);

        double[] vector = new double[16];
        input.read(values, Shape.of(3, 16), 1, vector);

        float[] expected = Arrays.copyOfRange(values, 16, 32);
        for (int i = 0; i < 16; i++) {
            expected[i] *= factors[i];
        }
        Rotation.apply(expected, 0, 16, 16);
        for (int i = 0; i < 16; i++) {
            assertThat(vector[i]).isEqualTo(expected[i]);
        }
        assertThat(input).isNotEqualTo(LayerInput.of(graph, new StatisticsKey("q", 0, 16, false)));
    }

    private static LayerInput input(Graph graph, String layer, int to) {
        return LayerInput.of(graph, new StatisticsKey(layer, 0, to, false));
    }
}
