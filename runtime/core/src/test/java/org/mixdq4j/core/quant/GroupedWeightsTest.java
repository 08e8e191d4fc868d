package org.mixdq4j.core.quant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Weights whose groups differ in size of their values, as those of outlier channels do. */
class GroupedWeightsTest {
    private static Tensor weight(int outputs, int inputs) {
        Random random = new Random(11);
        float[] values = new float[outputs * inputs];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * Math.exp(((i % inputs) / 32) % 4 - 2));
        }
        return Tensor.of(Shape.of(outputs, inputs), values);
    }

    private static double error(Tensor weight, SymmetricWeights quantized) {
        float[] a = weight.toFloatArray();
        float[] b = quantized.dequantize().toFloatArray();
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.pow(a[i] - b[i], 2);
        }
        return sum;
    }

    @ParameterizedTest
    @CsvSource({"2, 0.9", "3, 0.75", "4, 0.75", "6, 0.75"})
    void groupsLoseLessThanOneScaleAChannel(int bits, double share) {
        Tensor weight = weight(24, 192);
        double channel = error(weight, SymmetricWeights.quantize(weight, new WeightQuant(bits), ScaleSearch.MAX_ABS));
        SymmetricWeights grouped = SymmetricWeights.quantize(weight, new WeightQuant(bits, 32), ScaleSearch.MAX_ABS);
        double searched =
                error(weight, SymmetricWeights.quantize(weight, new WeightQuant(bits, 32), ScaleSearch.LEAST_SQUARES));
        assertThat(error(weight, grouped)).isLessThan(channel * share);
        assertThat(searched).isLessThanOrEqualTo(error(weight, grouped));
        assertThat(grouped.code().multipliers()).hasSize(24 * 6);
    }

    @ParameterizedTest
    @CsvSource({"MAX_ABS", "LEAST_SQUARES"})
    void everyIntegerHasACodeOfItsBits(ScaleSearch search) {
        Tensor weight = weight(7, 100);
        SymmetricWeights quantized = SymmetricWeights.quantize(weight, new WeightQuant(4, 32), search);
        byte[] codes = WeightPacking.codes(quantized.integers(), quantized.code());
        assertThat(codes).hasSize(700);
        for (byte code : codes) {
            assertThat(code).isBetween((byte) -8, (byte) 7);
        }
    }

    @ParameterizedTest
    @CsvSource({"3", "4", "6"})
    void nothingIsClippedByMaxAbs(int bits) {
        Tensor weight = weight(9, 96);
        SymmetricWeights quantized = SymmetricWeights.quantize(weight, new WeightQuant(bits, 32), ScaleSearch.MAX_ABS);
        float[] a = weight.toFloatArray();
        float[] b = quantized.dequantize().toFloatArray();
        for (int i = 0; i < a.length; i++) {
            int multiplier = quantized.code().multiplier(i / 96, i % 96, 96);
            assertThat(Math.abs(a[i] - b[i]))
                    .isLessThanOrEqualTo(0.5001f * multiplier * quantized.scale()[i / 96]);
        }
    }
}
