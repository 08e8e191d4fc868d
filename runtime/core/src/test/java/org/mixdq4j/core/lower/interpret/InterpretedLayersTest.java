package org.mixdq4j.core.lower.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Targets;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ReferenceConv2d;
import org.mixdq4j.core.quant.ReferenceLinear;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** A quantized layer in a program gives the bits of its definition. */
class InterpretedLayersTest {
    private final Random random = new Random(8);

    @ParameterizedTest
    @EnumSource(Targets.class)
    void aConvolutionInTwoSegments(Targets target) {
        Conv2d op = new Conv2d(6, 5, 3, 2, 2, new Conv2d.Padding(1, 0, 0, 2), true);
        Shape shape = Shape.of(2, 6, 7, 4);
        Tensor x = random(shape);
        List<Segment> segments = segments(
                random(Shape.of(5, 6, 3, 2)),
                List.of(0, 2, 6),
                AffineParams.ofRange(-0.7, 1.2, 8),
                AffineParams.ofRange(-1, 0.4, 6));
        float[] bias = random(Shape.of(5)).toFloatArray();
        QuantizedLayer layer = new QuantizedLayer(segments, Optional.of(Tensor.of(Shape.of(5), bias)), false);
        assertThat(run(op, layer, x, target))
                .isEqualTo(ReferenceConv2d.run(op, segments, bias, x.toFloatArray(), shape));
    }

    @ParameterizedTest
    @EnumSource(Targets.class)
    void aLinearTokenByTokenWithFactors(Targets target) {
        Linear op = new Linear(9, 4, false);
        Tensor x = random(Shape.of(2, 5, 9));
        float[] factors = random(Shape.of(9)).toFloatArray();
        List<Segment> segments = segments(random(Shape.of(4, 9)), List.of(0, 9), new TokenParams(8));
        QuantizedLayer layer = new QuantizedLayer(segments, Optional.empty(), false, Optional.of(factors));
        float[] multiplied = ReferenceLinear.multiplied(x.toFloatArray(), factors);
        assertThat(run(op, layer, x, target)).isEqualTo(ReferenceLinear.run(segments, null, multiplied, 10));
    }

    @Test
    void theFirstTokenInFloat() {
        Linear op = new Linear(9, 4, true);
        Tensor x = random(Shape.of(2, 5, 9));
        float[] bias = random(Shape.of(4)).toFloatArray();
        List<Segment> segments = segments(random(Shape.of(4, 9)), List.of(0, 9), AffineParams.ofRange(-1, 1, 8));
        QuantizedLayer layer = new QuantizedLayer(segments, Optional.of(Tensor.of(Shape.of(4), bias)), true);
        float[] weight = SymmetricWeights.dequantize(
                        segments.get(0).weight(), segments.get(0).weightScale())
                .toFloatArray();
        float[] expected = ReferenceLinear.run(segments, bias, x.toFloatArray(), 10);
        for (int sample = 0; sample < 2; sample++) {
            for (int output = 0; output < 4; output++) {
                double sum = bias[output];
                for (int i = 0; i < 9; i++) {
                    sum += (double) x.toFloatArray()[sample * 45 + i] * weight[output * 9 + i];
                }
                expected[sample * 20 + output] = (float) sum;
            }
        }
        assertThat(run(op, layer, x, Targets.ALL)).isEqualTo(expected);
    }

    private static float[] run(Layer op, QuantizedLayer layer, Tensor x, Targets target) {
        GraphBuilder builder = new GraphBuilder("One");
        GraphBuilder.Value in = builder.input("x", DType.F32, x.shape());
        builder.output("y", builder.add("layer", (Op) op, in));
        Graph graph = builder.build();
        return Interpreter.run(
                        Lowering.lower(graph, id -> Optional.of(LayerForm.of(layer)), Set.of(), target),
                        new NoWeights(),
                        id -> layer,
                        Map.of("x", x))
                .get("y")
                .toFloatArray();
    }

    private static List<Segment> segments(Tensor weight, List<Integer> edges, InputQuant... inputs) {
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < inputs.length; i++) {
            segments.add(SymmetricWeights.quantize(
                            weight, edges.get(i), edges.get(i + 1), new WeightQuant(8), ScaleSearch.MAX_ABS)
                    .segment(edges.get(i), Optional.of(inputs[i])));
        }
        return segments;
    }

    private Tensor random(Shape shape) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return Tensor.of(shape, values);
    }

    /** None is read: all are the layer's. */
    private record NoWeights() implements WeightSource {
        @Override
        public Set<String> names() {
            return Set.of();
        }

        @Override
        public Tensor tensor(String name) {
            throw new AssertionError(name + " is read");
        }

        @Override
        public DType dtype(String name) {
            throw new AssertionError(name + " is read");
        }

        @Override
        public Shape shape(String name) {
            throw new AssertionError(name + " is read");
        }
    }
}
