package org.mixdq4j.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class TokenParamsTest {
    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
    void theLargestMagnitudeIsTheLastLevelOnItsSideAndZeroIsExact(int bits) {
        TokenParams params = new TokenParams(bits);
        int n = (1 << bits - 1) - 1;
        Random random = new Random(bits);
        for (int i = 0; i < 2000; i++) {
            float largest = (float) Math.exp(3 * random.nextGaussian());
            float scale = params.scale(largest);

            assertThat(params.quantize(largest, scale)).isEqualTo(params.zeroPoint() + n);
            assertThat(params.quantize(-largest, scale)).isEqualTo(params.zeroPoint() - n);
            assertThat(params.quantize(0, scale)).isEqualTo(params.zeroPoint());
            float x = largest * (2 * random.nextFloat() - 1);
            double back = (params.quantize(x, scale) - params.zeroPoint()) * (double) scale;
            assertThat(back).isCloseTo(x, within(scale * 0.5001));
        }
    }

    @Test
    void halvesAreRoundedToTheEvenLevel() {
        TokenParams params = new TokenParams(8);
        assertThat(params.scale(127)).isEqualTo(1);
        for (float x : new float[] {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 126.5f}) {
            assertThat(params.quantize(x, 1)).isEqualTo(128 + (int) Math.rint(x));
        }
    }

    @Test
    void rowsOfZerosHaveAScaleAndRowsThatAreNotFiniteHaveNone() {
        TokenParams params = new TokenParams(8);

        assertThat(params.scale(0)).isEqualTo(AffineParams.MIN_SCALE);
        assertThat(params.quantize(0, params.scale(0))).isEqualTo(128);
        assertThat(params.scale(Float.NaN)).isNaN();
        assertThat(params.scale(Float.POSITIVE_INFINITY)).isNaN();
        assertThat(params.quantize(1, Float.NaN)).isZero();
        assertThat(TokenParams.largest(new float[] {9, 1, Float.NaN, 2}, 1, 4)).isNaN();
        assertThat(TokenParams.largest(new float[] {9, 1, -3, 8}, 1, 3)).isEqualTo(3);
    }

    /** With integers and scales in double, by the formula of ViDiT-Q's layers. */
    @Test
    void aLinearSumsRowsInTheirOwnUnits() {
        Random random = new Random(3);
        int rows = 4;
        int features = 10;
        int outputs = 3;
        Segment[] segments = {segment(0, 7, outputs, random), segment(7, 10, outputs, random)};
        float[] bias = {0.5f, -2, 30};
        float[] input = new float[rows * features];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) (random.nextGaussian() * Math.pow(10, i / features));
        }

        float[] found = ReferenceLinear.run(List.of(segments), bias, input, rows);

        TokenParams params = new TokenParams(8);
        for (int i = 0; i < found.length; i++) {
            int row = i / outputs;
            int output = i % outputs;
            double expected = bias[output];
            for (Segment segment : segments) {
                float largest =
                        TokenParams.largest(input, row * features + segment.from(), row * features + segment.to());
                float scale = params.scale(largest);
                int width = segment.to() - segment.from();
                long sum = 0;
                for (int c = 0; c < width; c++) {
                    int level = params.quantize(input[row * features + segment.from() + c], scale);
                    sum += (level - 128L) * segment.weight().buffer().get(output * width + c);
                }
                expected += sum * (double) scale * segment.weightScale()[output];
            }
            assertThat((double) found[i]).isCloseTo(expected, within(1e-5 * (1 + Math.abs(expected))));
        }
    }

    @Test
    void factorsMultiplyChannels() {
        assertThat(ReferenceLinear.multiplied(new float[] {1, 2, 3, 4}, new float[] {0.5f, 10}))
                .containsExactly(0.5f, 20, 1.5f, 40);
    }

    private static Segment segment(int from, int to, int outputs, Random random) {
        Tensor weight = Tensor.zeros(DType.I8, Shape.of(outputs, to - from));
        byte[] bytes = new byte[outputs * (to - from)];
        random.nextBytes(bytes);
        weight.buffer().put(bytes);
        return new Segment(from, to, weight, new float[] {0.1f, 0.02f, 3}, Optional.of(new TokenParams(8)));
    }
}
