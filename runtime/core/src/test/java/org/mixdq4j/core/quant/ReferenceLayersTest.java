package org.mixdq4j.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** The reference loops against numbers worked out by hand, and against real arithmetic on the dequantized operands. */
class ReferenceLayersTest {
    @Test
    void linearByHand() {
        Segment segment =
                segment(0, new AffineParams(0.5f, 2, 8), Shape.of(2, 2), new float[] {0.25f, 2f}, 3, -1, 4, 5);
        float[] input = {1f, -0.5f};

        // Levels 4 and 1: centred 2 and -1.
        int[] sums = ReferenceLinear.accumulate(segment, ReferenceLinear.levels(segment, input, 1), 1);
        float[] out = ReferenceLinear.run(List.of(segment), new float[] {10f, -1f}, input, 1);

        assertThat(sums).containsExactly(7, 3);
        assertThat(out).containsExactly(7 * 0.125f + 10f, 3 * 1f - 1f);
    }

    @Test
    void theBorderOfAConvolutionIsRealZeroWhateverTheZeroPoint() {
        Segment segment = segment(
                0, new AffineParams(1f, 100, 8), Shape.of(1, 1, 3, 3), new float[] {1f}, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        Conv2d op = new Conv2d(1, 1, 3, 3, 1, Conv2d.Padding.same(1), false);

        float[] out = ReferenceConv2d.run(op, List.of(segment), null, new float[] {1, 2, 3, 4}, Shape.of(1, 1, 2, 2));

        assertThat(out).containsExactly(5 + 12 + 24 + 36, 4 + 10 + 21 + 32, 2 + 6 + 15 + 24, 1 + 4 + 12 + 20);
    }

    @Test
    void stridesAndLopsidedBorders() {
        Segment segment =
                segment(0, new AffineParams(1f, 3, 8), Shape.of(1, 1, 2, 2), new float[] {1f}, 1, 10, 100, 50);
        Conv2d op = new Conv2d(1, 1, 2, 2, 2, new Conv2d.Padding(0, 1, 0, 1), false);

        float[] out = ReferenceConv2d.run(
                op, List.of(segment), null, new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, Shape.of(1, 1, 3, 3));

        assertThat(out).containsExactly(1 + 20 + 400 + 250, 3 + 600, 7 + 80, 9);
    }

    @Test
    void segmentsAddUpToTheProductOfTheDequantizedOperands() {
        Random random = new Random(4);
        Shape shape = Shape.of(2, 8, 5, 4);
        Conv2d op = new Conv2d(8, 3, 3, 3, 1, Conv2d.Padding.same(1), true);
        Tensor weight = random(Shape.of(3, 8, 3, 3), random);
        float[] input = random(shape, random).toFloatArray();
        float[] bias = {0.1f, -0.2f, 0.3f};
        List<Segment> segments = List.of(
                quantized(weight, 0, 3, AffineParams.ofRange(-3, 3, 8)),
                quantized(weight, 3, 8, AffineParams.ofRange(-1, 2, 6)));

        float[] out = ReferenceConv2d.run(op, segments, bias, input, shape);

        double[] expected = realConvolution(op, segments, bias, input, shape);
        for (int i = 0; i < out.length; i++) {
            assertThat((double) out[i]).as("element %d", i).isCloseTo(expected[i], within(1e-5));
        }
    }

    @Test
    void aConvolutionOfOnePixelIsALinear() {
        Random random = new Random(9);
        Tensor weight = random(Shape.of(5, 6), random);
        float[] input = random(Shape.of(3, 6), random).toFloatArray();
        Segment linear = quantized(weight, 0, 6, AffineParams.ofRange(-2, 2, 8));
        Segment conv =
                new Segment(0, 6, linear.weight().reshape(5, 6, 1, 1), linear.weightScale(), linear.activation());

        float[] rows = ReferenceLinear.run(List.of(linear), null, input, 3);

        Conv2d op = new Conv2d(6, 5, 1, 1, 1, Conv2d.Padding.same(0), false);
        assertThat(ReferenceConv2d.run(op, List.of(conv), null, input, Shape.of(3, 6, 1, 1)))
                .isEqualTo(rows);
    }

    @Test
    void sumsThatCouldOverflowAreRefused() {
        int most = IntegerLayers.MAX_PRODUCTS;
        assertThat(most * 255L * 128).isLessThanOrEqualTo(Integer.MAX_VALUE);
        assertThat((most + 1) * 255L * 128).isGreaterThan(Integer.MAX_VALUE);
        Tensor weight = Tensor.zeros(DType.I8, Shape.of(1, most / 9 + 1, 3, 3));
        Segment segment =
                new Segment(0, most / 9 + 1, weight, new float[] {1f}, Optional.of(new AffineParams(1f, 0, 8)));

        assertThatThrownBy(() -> IntegerLayers.check(List.of(segment), most / 9 + 1, 9))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("split the layer's input");
    }

    @Test
    void segmentsWithAGapAreRefused() {
        AffineParams params = new AffineParams(1f, 0, 8);
        Segment first = segment(0, params, Shape.of(1, 2), new float[] {1f}, 1, 1);
        Segment late = segment(3, params, Shape.of(1, 1), new float[] {1f}, 1);

        assertThatThrownBy(() -> IntegerLayers.check(List.of(first, late), 4, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> IntegerLayers.check(List.of(first), 4, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static double[] realConvolution(
            Conv2d op, List<Segment> segments, float[] bias, float[] input, Shape shape) {
        Shape out = op.outputShape(List.of(shape));
        double[] result = new double[(int) out.elements()];
        for (int i = 0; i < result.length; i++) {
            int x = i % out.dim(3);
            int y = i / out.dim(3) % out.dim(2);
            int output = i / (out.dim(3) * out.dim(2)) % out.dim(1);
            int image = i / (out.dim(3) * out.dim(2) * out.dim(1));
            result[i] = bias[output];
            for (Segment segment : segments) {
                float[] weight = SymmetricWeights.dequantize(segment.weight(), segment.weightScale())
                        .toFloatArray();
                AffineParams params = segment.fixed();
                int channels = segment.to() - segment.from();
                for (int tap = 0; tap < channels * 9; tap++) {
                    int row = y + tap / 3 % 3 - 1;
                    int column = x + tap % 3 - 1;
                    if (row >= 0 && row < shape.dim(2) && column >= 0 && column < shape.dim(3)) {
                        int channel = segment.from() + tap / 9;
                        float value = input[((image * 8 + channel) * shape.dim(2) + row) * shape.dim(3) + column];
                        result[i] += (double) params.dequantize(params.quantize(value))
                                * weight[output * channels * 9 + tap];
                    }
                }
            }
        }
        return result;
    }

    private static Segment quantized(Tensor weight, int from, int to, AffineParams params) {
        return SymmetricWeights.quantize(weight, from, to, new WeightQuant(8), ScaleSearch.MAX_ABS)
                .segment(from, Optional.of(params));
    }

    private static Segment segment(int from, AffineParams params, Shape shape, float[] scale, int... weights) {
        Tensor weight = Tensor.zeros(DType.I8, shape);
        for (int i = 0; i < weights.length; i++) {
            weight.buffer().put(i, (byte) weights[i]);
        }
        return new Segment(from, from + shape.dim(1), weight, scale, Optional.of(params));
    }

    private static Tensor random(Shape shape, Random random) {
        Tensor tensor = Tensor.zeros(DType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.floats().put(i, (float) random.nextGaussian());
        }
        return tensor;
    }
}
