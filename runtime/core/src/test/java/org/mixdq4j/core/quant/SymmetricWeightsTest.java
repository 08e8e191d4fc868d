package org.mixdq4j.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class SymmetricWeightsTest {
    @Test
    void roundsHalfToEvenOnTheGridOfTheLargestMagnitude() {
        Tensor weight = Tensor.of(Shape.of(1, 7), -7f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 6.9f);

        SymmetricWeights quantized = SymmetricWeights.quantize(weight, new WeightQuant(4), ScaleSearch.MAX_ABS);

        assertThat(quantized.scale()).containsExactly(1f);
        assertThat(bytes(quantized)).containsExactly(-7, 0, 2, 2, 0, -2, 7);
        assertThat(quantized.dequantize().toFloatArray()).containsExactly(-7f, 0f, 2f, 2f, 0f, -2f, 7f);
    }

    @Test
    void aChannelOfZerosDisturbsNoOther() {
        Tensor weight = Tensor.of(Shape.of(3, 2), 1f, -0.5f, 0f, 0f, 1e-9f, 2e-9f);

        SymmetricWeights quantized = SymmetricWeights.quantize(weight, new WeightQuant(8), ScaleSearch.MAX_ABS);

        assertThat(quantized.scale()).containsExactly(1f / 127, 1f, 2e-9f / 127);
        assertThat(bytes(quantized)).containsExactly(127, -64, 0, 0, 64, 127);
    }

    @Test
    void aDenormalChannelKeepsAFiniteScale() {
        SymmetricWeights quantized = SymmetricWeights.quantize(
                Tensor.of(Shape.of(1, 2), Float.MIN_VALUE, 0f), new WeightQuant(8), ScaleSearch.MAX_ABS);

        assertThat(quantized.scale()[0]).isEqualTo(Float.MIN_NORMAL);
        assertThat(bytes(quantized)).containsExactly(0, 0);
    }

    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {2, 3, 4, 8})
    void errorIsAtMostHalfAStep(int bits) {
        Tensor weight = random(Shape.of(5, 7, 3, 3), 11 + bits);

        SymmetricWeights quantized = SymmetricWeights.quantize(weight, new WeightQuant(bits), ScaleSearch.MAX_ABS);

        float[] original = weight.toFloatArray();
        float[] back = quantized.dequantize().toFloatArray();
        for (int i = 0; i < original.length; i++) {
            float half = quantized.scale()[i / 63] / 2;
            assertThat(Math.abs(original[i] - back[i])).as("element %d", i).isLessThanOrEqualTo(half * 1.00001f);
        }
    }

    @Test
    void aChannelRangeIsQuantizedAsIfItWereAWeightOfItsOwn() {
        Tensor weight = random(Shape.of(4, 5, 1, 2), 3);
        Tensor part = Tensor.zeros(DType.F32, Shape.of(4, 3, 1, 2));
        for (int output = 0; output < 4; output++) {
            for (int i = 0; i < 6; i++) {
                part.floats().put(output * 6 + i, weight.floats().get(output * 10 + 2 + i));
            }
        }
        WeightQuant quant = new WeightQuant(4);

        SymmetricWeights range = SymmetricWeights.quantize(weight, 1, 4, quant, ScaleSearch.MAX_ABS);

        SymmetricWeights alone = SymmetricWeights.quantize(part, quant, ScaleSearch.MAX_ABS);
        assertThat(range.integers().shape()).isEqualTo(Shape.of(4, 3, 1, 2));
        assertThat(range.scale()).isEqualTo(alone.scale());
        assertThat(bytes(range)).isEqualTo(bytes(alone));
        Segment segment = range.segment(1, Optional.empty());
        assertThat(segment.from()).isEqualTo(1);
        assertThat(segment.to()).isEqualTo(4);
    }

    @Test
    void leastSquaresClipsAnOutlierAndIsNeverWorse() {
        Tensor weight = random(Shape.of(6, 200), 5);
        weight.floats().put(0, 9f);
        WeightQuant quant = new WeightQuant(4);

        SymmetricWeights maxAbs = SymmetricWeights.quantize(weight, quant, ScaleSearch.MAX_ABS);
        SymmetricWeights search = SymmetricWeights.quantize(weight, quant, ScaleSearch.LEAST_SQUARES);

        assertThat(search.scale()[0]).isLessThan(maxAbs.scale()[0]);
        for (int channel = 0; channel < 6; channel++) {
            assertThat(error(weight, search, channel))
                    .as("channel %d", channel)
                    .isLessThanOrEqualTo(error(weight, maxAbs, channel));
            assertThat(search.scale()[channel]).isBetween(maxAbs.scale()[channel] * 0.499f, maxAbs.scale()[channel]);
        }
    }

    /** The first of the best scales, with the error as its definition has it, one weight after the other. */
    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {2, 3, 4, 8})
    void leastSquaresTakesTheScaleOfTheLeastError(int bits) {
        int largest = (1 << (bits - 1)) - 1;
        for (int width : new int[] {1, 2, 15, 16, 17, 40}) {
            Tensor weight = random(Shape.of(9, width), width);
            SymmetricWeights search =
                    SymmetricWeights.quantize(weight, new WeightQuant(bits), ScaleSearch.LEAST_SQUARES);
            for (int channel = 0; channel < 9; channel++) {
                float[] row = weight.slice(channel, channel + 1).toFloatArray();
                float max = 0;
                for (float value : row) {
                    max = Math.max(max, Math.abs(value));
                }
                float best = 0;
                double least = Double.POSITIVE_INFINITY;
                for (int i = 0; i < SymmetricWeights.CLIPPING_CANDIDATES; i++) {
                    double clipping = 1 - 0.5 * i / (SymmetricWeights.CLIPPING_CANDIDATES - 1);
                    float scale = (float) (max * clipping) / largest;
                    double error = 0;
                    for (float value : row) {
                        int level = (int) Math.max(-largest - 1, Math.min(largest, Math.rint(value / scale)));
                        double difference = value - (double) level * scale;
                        error += difference * difference;
                    }
                    if (error < least) {
                        least = error;
                        best = scale;
                    }
                }
                assertThat(search.scale()[channel])
                        .as("channel %d of %d", channel, width)
                        .isEqualTo(best);
            }
        }
    }

    @Test
    void readsHalfPrecision() {
        Tensor weight = Tensor.zeros(DType.F16, Shape.of(1, 2));
        weight.buffer().putShort(0, HalfFloats.toF16(-2f)).putShort(2, HalfFloats.toF16(1f));

        SymmetricWeights quantized = SymmetricWeights.quantize(weight, new WeightQuant(8), ScaleSearch.MAX_ABS);

        assertThat(bytes(quantized)).containsExactly(-127, 64);
    }

    @Test
    void namesTheChannelThatIsNotFinite() {
        Tensor weight = Tensor.of(Shape.of(2, 2), 1f, 1f, Float.NaN, 1f);

        assertThatThrownBy(() -> SymmetricWeights.quantize(weight, new WeightQuant(8), ScaleSearch.MAX_ABS))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("output channel 1");
    }

    private static double error(Tensor weight, SymmetricWeights quantized, int channel) {
        float[] original = weight.slice(channel, channel + 1).toFloatArray();
        float[] back = quantized.dequantize().slice(channel, channel + 1).toFloatArray();
        double sum = 0;
        for (int i = 0; i < original.length; i++) {
            sum += Math.pow(original[i] - back[i], 2);
        }
        return sum;
    }

    private static byte[] bytes(SymmetricWeights quantized) {
        ByteBuffer buffer = quantized.integers().buffer();
        byte[] bytes = new byte[buffer.capacity()];
        buffer.get(bytes);
        return bytes;
    }

    private static Tensor random(Shape shape, long seed) {
        Tensor tensor = Tensor.zeros(DType.F32, shape);
        Random random = new Random(seed);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.floats().put(i, (float) random.nextGaussian());
        }
        return tensor;
    }
}
