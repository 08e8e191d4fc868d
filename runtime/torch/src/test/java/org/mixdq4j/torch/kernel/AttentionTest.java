package org.mixdq4j.torch.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.torch.array.Autograd;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Torch;

class AttentionTest {

    @ParameterizedTest(name = "{0} scores at a time")
    @CsvSource({"1", "7", "20", "49", "50", "98", "100", "1000"})
    void piecewiseIsTheSame(long maxScores) {
        assertThat(values(maxScores)).containsExactly(values(1000), within(1e-6f));
    }

    private static float[] values(long maxScores) {
        Attention op = new Attention(3, 0.5, true);
        Random random = new Random(4);
        Shape shape = Shape.of(2, 7, 15);
        Shape biased = Shape.of(1, 3, 7, 7);
        assertThat(Torch.failure()).isEmpty();
        try (NDManager manager = Torch.newManager()) {
            Node node = new Node("a", op, List.of("q", "k", "v", "bias"), shape);
            KernelContext context = new KernelContext(node, List.of(shape, shape, shape, biased), null, manager);
            NDArray[] inputs = new NDArray[4];
            for (int i = 0; i < 4; i++) {
                inputs[i] = TensorBridge.copy(MemoryWeights.random(i < 3 ? shape : biased, random), manager);
            }
            return AttentionKernel.create(op, context, maxScores)
                    .run(new Operands(inputs, new boolean[4], manager))
                    .toFloatArray();
        }
    }

    @ParameterizedTest(name = "{0} scores at a time")
    @CsvSource({"1", "20", "49", "100"})
    void piecewiseHasTheSameGradients(long maxScores) {
        List<float[]> atOnce = gradients(1000);
        List<float[]> piecewise = gradients(maxScores);
        for (int i = 0; i < 3; i++) {
            assertThat(piecewise.get(i)).hasSameSizeAs(atOnce.get(i)).containsExactly(atOnce.get(i), within(1e-6f));
        }
    }

    /** With respect to queries, keys and values. */
    private static List<float[]> gradients(long maxScores) {
        Attention op = new Attention(3, 0.5, true);
        Random random = new Random(6);
        Shape shape = Shape.of(2, 7, 15);
        assertThat(Torch.failure()).isEmpty();
        try (NDManager manager = Torch.newManager();
                Autograd autograd = new Autograd()) {
            Node node = new Node("a", op, List.of("q", "k", "v"), shape);
            List<Shape> shapes = List.of(shape, shape, shape);
            Kernel kernel = AttentionKernel.create(op, new KernelContext(node, shapes, null, manager), maxScores);
            NDArray[] zeros = new NDArray[3];
            NDArray[] values = new NDArray[3];
            for (int i = 0; i < 3; i++) {
                zeros[i] = autograd.zeros(TensorBridge.shape(shape), manager);
                values[i] = TensorBridge.copy(MemoryWeights.random(shape, random), manager)
                        .add(zeros[i]);
            }
            NDArray y = kernel.run(new Operands(values, new boolean[3], manager).forGradient());
            autograd.backward(y, TensorBridge.copy(MemoryWeights.random(shape, random), manager));
            return Stream.of(zeros)
                    .map(zero -> zero.getGradient().toFloatArray())
                    .toList();
        }
    }
}
