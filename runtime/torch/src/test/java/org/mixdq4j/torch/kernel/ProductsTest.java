package org.mixdq4j.torch.kernel;

import static org.mixdq4j.torch.kernel.NaiveProducts.doubles;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.OneOp;

class ProductsTest {
    private final Random random = new Random(1);

    @ParameterizedTest(name = "kernel {0}x{1} stride {2} padding {3},{4},{5},{6}")
    @CsvSource({
        "3,3,1,1,1,1,1",
        "3,3,2,1,1,1,1",
        "3,3,2,0,1,0,1",
        "1,1,1,0,0,0,0",
        "2,2,2,0,0,0,0",
        "3,1,1,2,0,1,0",
        "1,3,1,0,0,2,1"
    })
    void conv2d(int kernelHeight, int kernelWidth, int stride, int top, int bottom, int left, int right) {
        Conv2d op = new Conv2d(
                5, 7, kernelHeight, kernelWidth, stride, new Conv2d.Padding(top, bottom, left, right), top > 0);
        Tensor x = MemoryWeights.random(Shape.of(2, 5, 9, 11), random);
        MemoryWeights weights = MemoryWeights.randomFor(OneOp.graph(op, x), 2);

        Tensor y = OneOp.run(op, weights, x);

        double[] bias = op.bias() ? doubles(weights.tensor("op.bias").toFloatArray()) : null;
        double[] w = doubles(weights.tensor("op.weight").toFloatArray());
        Compare.close(y, NaiveProducts.conv(doubles(x.toFloatArray()), x.shape(), w, bias, op, y.shape()));
    }

    @ParameterizedTest(name = "rank {0} bias {1}")
    @CsvSource({"1,true", "2,false", "3,true", "4,true"})
    void linear(int rank, boolean bias) {
        Shape[] shapes = {Shape.of(13), Shape.of(3, 13), Shape.of(2, 3, 13), Shape.of(2, 1, 3, 13)};
        Linear op = new Linear(13, 17, bias);
        Tensor x = MemoryWeights.random(shapes[rank - 1], random);
        MemoryWeights weights = MemoryWeights.randomFor(OneOp.graph(op, x), 3);

        Tensor y = OneOp.run(op, weights, x);

        double[] b = bias ? doubles(weights.tensor("op.bias").toFloatArray()) : null;
        double[] w = doubles(weights.tensor("op.weight").toFloatArray());
        Compare.close(y, NaiveProducts.linear(doubles(x.toFloatArray()), w, b, 13, 17));
    }

    @Test
    void matMulMultipliesByTheTranspose() {
        Tensor a = MemoryWeights.random(Shape.of(5, 7), random);
        Tensor b = MemoryWeights.random(Shape.of(3, 7), random);
        Tensor y = OneOp.run(new MatMul(), new MemoryWeights(), a, b);
        Compare.close(y, NaiveProducts.linear(doubles(a.toFloatArray()), doubles(b.toFloatArray()), null, 7, 3));
    }
}
