package org.mixdq4j.torch.kernel;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.OneOp;

class NormsTest {
    private final Random random = new Random(5);

    @ParameterizedTest(name = "{0} groups, epsilon {1}, rank {2}")
    @CsvSource({"3,1e-5,4", "1,0.3,4", "6,1e-6,4", "2,0.1,3", "3,0.1,2"})
    void groupNorm(int groups, double epsilon, int rank) {
        Shape[] shapes = {Shape.of(2, 6), Shape.of(2, 6, 5), Shape.of(2, 6, 5, 3)};
        GroupNorm op = new GroupNorm(groups, 6, epsilon);
        Tensor x = MemoryWeights.random(shapes[rank - 2], random);
        MemoryWeights weights = MemoryWeights.randomFor(OneOp.graph(op, x), 6);

        Tensor y = OneOp.run(op, weights, x);

        float[] w = weights.tensor("op.weight").toFloatArray();
        float[] b = weights.tensor("op.bias").toFloatArray();
        int plane = (int) x.shape().elements() / 12;
        double[] expected = standardized(x.toFloatArray(), 6 / groups * plane, epsilon);
        for (int i = 0; i < expected.length; i++) {
            expected[i] = expected[i] * w[i / plane % 6] + b[i / plane % 6];
        }
        Compare.close(y, expected);
    }

    @ParameterizedTest(name = "affine {0}")
    @ValueSource(booleans = {true, false})
    void layerNorm(boolean affine) {
        LayerNorm op = new LayerNorm(7, 0.2, affine);
        Tensor x = MemoryWeights.random(Shape.of(2, 3, 7), random);
        MemoryWeights weights = MemoryWeights.randomFor(OneOp.graph(op, x), 7);

        Tensor y = OneOp.run(op, weights, x);

        double[] expected = standardized(x.toFloatArray(), 7, 0.2);
        for (int i = 0; affine && i < expected.length; i++) {
            expected[i] = expected[i] * weights.tensor("op.weight").toFloatArray()[i % 7]
                    + weights.tensor("op.bias").toFloatArray()[i % 7];
        }
        Compare.close(y, expected);
    }

    @Test
    void rmsNorm() {
        RmsNorm op = new RmsNorm(7, 0.2);
        Tensor x = MemoryWeights.random(Shape.of(2, 3, 7), random);
        MemoryWeights weights = MemoryWeights.randomFor(OneOp.graph(op, x), 8);

        Tensor y = OneOp.run(op, weights, x);

        float[] w = weights.tensor("op.weight").toFloatArray();
        double[] expected = dividedByRoot(x.toFloatArray(), 7, 7, 0.2);
        for (int i = 0; i < expected.length; i++) {
            expected[i] *= w[i % 7];
        }
        Compare.close(y, expected);
    }

    @Test
    void l2Normalize() {
        Tensor x = MemoryWeights.random(Shape.of(3, 7), random);
        Tensor y = OneOp.run(new L2Normalize(), new MemoryWeights(), x);
        Compare.close(y, dividedByRoot(x.toFloatArray(), 7, 1, 0));
    }

    private static double[] standardized(float[] x, int length, double epsilon) {
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += length) {
            double mean = 0;
            for (int i = row; i < row + length; i++) {
                mean += x[i] / (double) length;
            }
            double variance = 0;
            for (int i = row; i < row + length; i++) {
                variance += (x[i] - mean) * (x[i] - mean) / length;
            }
            for (int i = row; i < row + length; i++) {
                y[i] = (x[i] - mean) / Math.sqrt(variance + epsilon);
            }
        }
        return y;
    }

    private static double[] dividedByRoot(float[] x, int length, double divisor, double epsilon) {
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += length) {
            double squares = 0;
            for (int i = row; i < row + length; i++) {
                squares += (double) x[i] * x[i];
            }
            for (int i = row; i < row + length; i++) {
                y[i] = x[i] / Math.sqrt(squares / divisor + epsilon);
            }
        }
        return y;
    }
}
