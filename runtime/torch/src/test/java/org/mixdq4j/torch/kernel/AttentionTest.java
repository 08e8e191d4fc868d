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
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.OneOp;
import org.mixdq4j.torch.array.Autograd;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Torch;

class AttentionTest {
    private static final int WIDTH = 5;
    private final Random random = new Random(4);

    @ParameterizedTest(name = "batch {0} heads {1} queries {2} keys {3} causal {4}")
    @CsvSource({"2,3,7,4,false", "1,1,5,9,false", "2,3,7,7,true", "1,2,1,1,true"})
    void matchesTheDefinition(int batch, int heads, int queries, int keys, boolean causal) {
        Attention op = new Attention(heads, 0.37, causal);
        Tensor q = MemoryWeights.random(Shape.of(batch, queries, heads * WIDTH), random);
        Tensor k = MemoryWeights.random(Shape.of(batch, keys, heads * WIDTH), random);
        Tensor v = MemoryWeights.random(Shape.of(batch, keys, heads * WIDTH), random);
        Compare.close(OneOp.run(op, new MemoryWeights(), q, k, v), naive(op, null, q, k, v));
        Tensor bias = MemoryWeights.random(Shape.of(1, heads, queries, keys), random);
        Compare.close(OneOp.run(op, new MemoryWeights(), q, k, v, bias), naive(op, bias, q, k, v));
    }

    @ParameterizedTest(name = "{0} scores at a time")
    @CsvSource({"1", "7", "20", "49", "50", "98", "100", "1000"})
    void piecewiseIsTheSame(long maxScores) {
        Attention op = new Attention(3, 0.5, true);
        Tensor q = MemoryWeights.random(Shape.of(2, 7, 15), random);
        Tensor k = MemoryWeights.random(Shape.of(2, 7, 15), random);
        Tensor v = MemoryWeights.random(Shape.of(2, 7, 15), random);
        Tensor bias = MemoryWeights.random(Shape.of(1, 3, 7, 7), random);
        assertThat(Torch.failure()).isEmpty();
        try (NDManager manager = Torch.newManager()) {
            List<Shape> shapes = List.of(q.shape(), k.shape(), v.shape(), bias.shape());
            Node node = new Node("a", op, List.of("q", "k", "v", "bias"), q.shape());
            Kernel kernel = AttentionKernel.create(op, new KernelContext(node, shapes, null, manager), maxScores);
            NDArray[] values = {
                TensorBridge.copy(q, manager),
                TensorBridge.copy(k, manager),
                TensorBridge.copy(v, manager),
                TensorBridge.copy(bias, manager)
            };
            NDArray y = kernel.run(new Operands(values, new boolean[4], manager));
            Compare.close(TensorBridge.export(y), naive(op, bias, q, k, v));
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

    /** @param bias may be null */
    private static double[] naive(Attention op, Tensor bias, Tensor queries, Tensor keys, Tensor values) {
        float[] q = queries.toFloatArray();
        float[] k = keys.toFloatArray();
        float[] v = values.toFloatArray();
        int features = queries.shape().dim(2);
        int width = features / op.heads();
        float[] added = bias == null ? null : bias.toFloatArray();
        int n = queries.shape().dim(1);
        int m = keys.shape().dim(1);
        double[] y = new double[q.length];
        for (int b = 0; b < queries.shape().dim(0); b++) {
            for (int head = 0; head < op.heads(); head++) {
                for (int i = 0; i < n; i++) {
                    int qAt = (b * n + i) * features + head * width;
                    int seen = op.causal() ? i + 1 : m;
                    double[] weight = new double[seen];
                    double total = 0;
                    for (int j = 0; j < seen; j++) {
                        double score = 0;
                        for (int d = 0; d < width; d++) {
                            score += (double) q[qAt + d] * k[(b * m + j) * features + head * width + d];
                        }
                        double extra = added == null ? 0 : added[(head * n + i) * m + j];
                        weight[j] = Math.exp(score * op.scale() + extra);
                        total += weight[j];
                    }
                    for (int j = 0; j < seen; j++) {
                        for (int d = 0; d < width; d++) {
                            y[qAt + d] += weight[j] / total * v[(b * m + j) * features + head * width + d];
                        }
                    }
                }
            }
        }
        return y;
    }
}
