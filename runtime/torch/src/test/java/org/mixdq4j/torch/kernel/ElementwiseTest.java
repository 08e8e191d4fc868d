package org.mixdq4j.torch.kernel;

import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.OneOp;

class ElementwiseTest {
    private final Random random = new Random(9);

    @ParameterizedTest
    @EnumSource(Activate.Function.class)
    void activation(Activate.Function function) {
        Tensor x = wide(Shape.of(3, 5, 7));
        Tensor y = OneOp.run(new Activate(function), new MemoryWeights(), x);
        DoubleUnaryOperator expected =
                switch (function) {
                    case SILU -> v -> v / (1 + Math.exp(-v));
                    case GELU -> ElementwiseTest::gelu;
                    case GELU_TANH -> v -> v / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
                    case QUICK_GELU -> v -> v / (1 + Math.exp(-1.702 * v));
                    case RELU -> v -> Math.max(0, v);
                    case EXP -> Math::exp;
                };
        double[] reference = new double[105];
        for (int i = 0; i < reference.length; i++) {
            reference[i] = expected.applyAsDouble(x.toFloatArray()[i]);
        }
        Compare.close(y, reference);
    }

    @Test
    void geGluGatesTheFirstHalfByTheSecond() {
        Tensor x = wide(Shape.of(2, 3, 10));
        Tensor y = OneOp.run(new GeGlu(), new MemoryWeights(), x);
        float[] values = x.toFloatArray();
        double[] reference = new double[30];
        for (int i = 0; i < reference.length; i++) {
            int row = i / 5 * 10;
            reference[i] = values[row + i % 5] * gelu(values[row + 5 + i % 5]);
        }
        Compare.close(y, reference);
    }

    @ParameterizedTest(name = "{0}x{1}x{2} and {3}x{4}x{5}")
    @CsvSource({"2,3,5,2,3,5", "2,3,5,1,3,1", "1,1,5,2,3,1", "2,1,1,2,3,5"})
    void addAndMulBroadcast(int a0, int a1, int a2, int b0, int b1, int b2) {
        Tensor a = wide(Shape.of(a0, a1, a2));
        Tensor b = wide(Shape.of(b0, b1, b2));
        double[] sum = new double[30];
        double[] product = new double[30];
        for (int i = 0; i < 30; i++) {
            float x = at(a, i / 15, i / 5 % 3, i % 5);
            float y = at(b, i / 15, i / 5 % 3, i % 5);
            sum[i] = x + y;
            product[i] = x * y;
        }
        Compare.close(OneOp.run(new Add(), new MemoryWeights(), a, b), sum);
        Compare.close(OneOp.run(new Mul(), new MemoryWeights(), a, b), product);
    }

    private static float at(Tensor t, int i, int j, int k) {
        Shape s = t.shape();
        int index = (i % s.dim(0) * s.dim(1) + j % s.dim(1)) * s.dim(2) + k % s.dim(2);
        return t.floats().get(index);
    }

    private Tensor wide(Shape shape) {
        Tensor tensor = MemoryWeights.random(shape, random);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.floats().put(i, tensor.floats().get(i) * 6);
        }
        return tensor;
    }

    /** By Simpson's rule on the normal density: the JDK has no error function. */
    private static double gelu(double v) {
        int steps = 2000;
        double h = v / steps;
        double sum = 0;
        for (int i = 0; i <= steps; i++) {
            int weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
            sum += weight * Math.exp(-i * h * i * h / 2);
        }
        return v * (0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI));
    }
}
