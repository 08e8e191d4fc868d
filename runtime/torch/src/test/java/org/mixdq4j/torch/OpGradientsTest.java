package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Broadcast;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Every op's gradient with respect to each of its operands is the slope that running it twice shows, element by element. */
class OpGradientsTest {
    /**
     * Operands are below 1 and the functions smooth, so the cubic term of a central difference is some 1e-5 of the slope;
     * the rounding of the outputs, 6e-8 of them, is divided by twice the step and comes to about the same.
     */
    private static final float STEP = 1f / 128;

    private static final double TOLERANCE = 1e-3;
    private static final Shape IMAGE = Shape.of(2, 4, 3, 6);
    private static final Shape TOKENS = Shape.of(2, 5, 6);

    static Stream<Arguments> ops() {
        List<Arguments> ops = new ArrayList<>();
        // RELU has a kink, whose neighbourhood has no slope to compare with.
        for (Activate.Function function : EnumSet.complementOf(EnumSet.of(Activate.Function.RELU))) {
            ops.add(Arguments.of(new Activate(function), List.of(TOKENS)));
        }
        Shape memory = Shape.of(2, 7, 6);
        ops.addAll(List.of(
                Arguments.of(new Add(), List.of(TOKENS, TOKENS)),
                Arguments.of(new Add(), List.of(Shape.of(2, 1, 6), TOKENS)),
                Arguments.of(new Mul(), List.of(TOKENS, TOKENS)),
                Arguments.of(new Attention(2, 0.6, false), List.of(TOKENS, memory, memory)),
                Arguments.of(new Attention(3, 0.7, true), List.of(TOKENS, TOKENS, TOKENS)),
                Arguments.of(new Attention(3, 0.7, false), List.of(TOKENS, memory, memory, Shape.of(1, 3, 5, 7))),
                Arguments.of(new Broadcast(Shape.of(2, 3, 4)), List.of(Shape.of(3, 1))),
                Arguments.of(new Concat(1), List.of(IMAGE, Shape.of(2, 3, 3, 6))),
                Arguments.of(new Conv2d(4, 5, 3, 3, 1, Conv2d.Padding.same(1), true), List.of(IMAGE)),
                Arguments.of(new Conv2d(4, 5, 1, 1, 1, Conv2d.Padding.same(0), false), List.of(IMAGE)),
                Arguments.of(new Conv2d(4, 5, 3, 3, 2, new Conv2d.Padding(0, 1, 0, 1), true), List.of(IMAGE)),
                Arguments.of(new GeGlu(), List.of(TOKENS)),
                Arguments.of(new GroupNorm(2, 4, 1e-5), List.of(IMAGE)),
                Arguments.of(new L2Normalize(), List.of(TOKENS)),
                Arguments.of(new LayerNorm(6, 1e-5, true), List.of(TOKENS)),
                Arguments.of(new LayerNorm(6, 1e-5, false), List.of(TOKENS)),
                Arguments.of(new Linear(6, 4, true), List.of(TOKENS)),
                Arguments.of(new MatMul(), List.of(Shape.of(3, 6), Shape.of(5, 6))),
                Arguments.of(new PoolToken(2), List.of(TOKENS)),
                Arguments.of(new Reshape(Shape.of(10, 6)), List.of(TOKENS)),
                Arguments.of(new RmsNorm(6, 1e-6), List.of(TOKENS)),
                Arguments.of(new Slice(2, 1, 4), List.of(TOKENS)),
                Arguments.of(Transpose.of(2, 0, 1), List.of(TOKENS)),
                Arguments.of(new UpsampleNearest(6, 12), List.of(IMAGE)),
                Arguments.of(new UpsampleNearest(5, 9), List.of(IMAGE))));
        return ops.stream();
    }

    @ParameterizedTest(name = "{0} of {1}")
    @MethodSource("ops")
    void isTheSlope(Op op, List<Shape> shapes) {
        Graph graph = graph(op, shapes);
        Random random = new Random(31);
        Map<String, Tensor> inputs = inputs(graph, random);
        Tensor direction = MemoryWeights.random(graph.shape("op"), random);
        Set<String> operands = new LinkedHashSet<>();
        for (int i = 0; i < shapes.size(); i++) {
            operands.add("x" + i);
        }
        try (TorchExecutor executor = new TorchExecutor()) {
            TorchNetwork model = (TorchNetwork) executor.compile(graph, MemoryWeights.randomFor(graph, 32));
            int open = model.openArrays();
            Map<String, Tensor> gradients = model.gradients(inputs, "out", direction, operands);
            assertThat(model.openArrays()).isEqualTo(open);
            assertThat(gradients.keySet()).isEqualTo(operands);
            for (int i = 0; i < shapes.size(); i++) {
                Tensor gradient = gradients.get("x" + i);
                assertThat(gradient.shape()).isEqualTo(shapes.get(i));
                Compare.close(gradient, slopes(model, inputs, "in" + i, direction), TOLERANCE);
            }
        }
    }

    /**
     * DJL's numbers are arrays over Java memory, which is freed while PyTorch still means to read it: with an op that
     * multiplies by one, some of many passes would go back through garbage.
     */
    @ParameterizedTest(name = "{0} of {1}")
    @MethodSource("ops")
    void isTheSameWhateverIsCollectedMeanwhile(Op op, List<Shape> shapes) {
        Graph graph = graph(op, shapes);
        Random random = new Random(33);
        Map<String, Tensor> inputs = inputs(graph, random);
        Tensor direction = MemoryWeights.random(graph.shape("op"), random);
        try (TorchExecutor executor = new TorchExecutor();
                Instrumented model = executor.compile(graph, MemoryWeights.randomFor(graph, 34));
                Collector collector = new Collector()) {
            float[] first = model.gradients(inputs, "out", direction, Set.of("x0"))
                    .get("x0")
                    .toFloatArray();
            for (int end = collector.times() + 8; collector.times() < end; ) {
                assertThat(model.gradients(inputs, "out", direction, Set.of("x0"))
                                .get("x0")
                                .toFloatArray())
                        .isEqualTo(first);
            }
        }
    }

    /** Collects garbage without end and fills the memory that is freed with NaN. */
    private static final class Collector implements AutoCloseable {
        private final Thread thread = new Thread(this::collect, "collector");
        private volatile int times;
        private volatile boolean closed;

        Collector() {
            thread.start();
        }

        private void collect() {
            List<ByteBuffer> filled = new ArrayList<>();
            while (!closed) {
                System.gc();
                for (int i = 0; i < 500; i++) {
                    filled.add(ByteBuffer.allocateDirect(4).putFloat(0, Float.NaN));
                }
                times++;
            }
        }

        int times() {
            return times;
        }

        @Override
        public void close() {
            closed = true;
            while (thread.isAlive()) {
                Thread.onSpinWait();
            }
        }
    }

    private static Map<String, Tensor> inputs(Graph graph, Random random) {
        Map<String, Tensor> inputs = new HashMap<>();
        graph.inputs()
                .values()
                .forEach(in -> inputs.put(
                        in.name(),
                        in.dtype() == DType.F32
                                ? MemoryWeights.random(in.shape(), random)
                                : Tensor.ofLongs(in.shape(), 1, 1, 2, 0, 0, 2, 1, 1, 1, 1)));
        return inputs;
    }

    private static Graph graph(Op op, List<Shape> shapes) {
        GraphBuilder builder = new GraphBuilder("One");
        List<Value> operands = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            Value input = builder.input("in" + i, DType.F32, shapes.get(i));
            operands.add(builder.add("x" + i, new Reshape(shapes.get(i)), input));
        }
        if (op instanceof PoolToken) {
            operands.add(builder.input(
                    "ids",
                    DType.I64,
                    Shape.of(shapes.get(0).dim(0), shapes.get(0).dim(1))));
        }
        builder.output("out", builder.add("op", op, operands.toArray(Value[]::new)));
        return builder.build();
    }

    private static double[] slopes(TorchNetwork model, Map<String, Tensor> inputs, String name, Tensor direction) {
        float[] values = inputs.get(name).toFloatArray();
        double[] slopes = new double[values.length];
        Map<String, Tensor> moved = new HashMap<>(inputs);
        for (int i = 0; i < values.length; i++) {
            float[] up = values.clone();
            float[] down = values.clone();
            up[i] += STEP;
            down[i] -= STEP;
            moved.put(name, Tensor.of(inputs.get(name).shape(), up));
            double above = Compare.dot(direction, model.run(moved).get("out"));
            moved.put(name, Tensor.of(inputs.get(name).shape(), down));
            double below = Compare.dot(direction, model.run(moved).get("out"));
            slopes[i] = (above - below) / ((double) up[i] - down[i]);
        }
        return slopes;
    }
}
