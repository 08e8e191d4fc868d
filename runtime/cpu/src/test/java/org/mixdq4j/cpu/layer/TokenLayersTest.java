package org.mixdq4j.cpu.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ReferenceLinear;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.cpu.onednn.OneDnn;

/** Linears whose rows have scales of their own, or whose input channels have factors, against the definition in loops. */
class TokenLayersTest {
    /** @param codeBits of weights: 8, or fewer in groups of {@code group}. @param token whether rows have scales */
    record Case(
            int rows,
            int[] widths,
            int outputs,
            int bits,
            int codeBits,
            int group,
            boolean token,
            boolean factors,
            LayerCase.Fill fill) {
        @Override
        public String toString() {
            return rows + "x" + Arrays.toString(widths) + "->" + outputs + " a" + bits + " w" + codeBits + "g" + group
                    + (token ? " token" : "") + (factors ? " factors" : "") + " " + fill;
        }
    }

    static Stream<Case> cases() {
        Stream.Builder<Case> cases = Stream.builder();
        LayerCase.Fill random = LayerCase.Fill.RANDOM;
        for (int rows : new int[] {1, 2, 7, 77}) {
            for (int features : new int[] {3, 16, 67, 160}) {
                cases.add(new Case(rows, new int[] {features}, 33, 8, 8, 0, true, features % 2 == 0, random));
            }
        }
        for (LayerCase.Fill fill : LayerCase.Fill.values()) {
            cases.add(new Case(5, new int[] {1500}, 19, 8, 8, 0, true, false, fill));
            cases.add(new Case(9, new int[] {5, 1, 21}, 13, 8, 8, 0, true, true, fill));
        }
        for (int bits = 2; bits < 8; bits++) {
            cases.add(new Case(11, new int[] {23, 6}, 10, bits, 8, 0, true, true, random));
            cases.add(new Case(6, new int[] {320}, 256, 8, bits, bits % 2 == 0 ? 32 : 0, true, true, random));
        }
        cases.add(new Case(6, new int[] {320}, 64, 8, 8, 0, false, true, random));
        cases.add(new Case(6, new int[] {20, 44}, 64, 5, 8, 0, false, true, random));
        // Divided among threads.
        cases.add(new Case(900, new int[] {320}, 40, 8, 8, 0, true, true, random));
        return cases.build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void equalsTheDefinitionToTheBit(Case c) {
        equalsTheDefinitionToTheBit(c, Rotation.NONE);
        if (Arrays.stream(c.widths).allMatch(width -> width % 16 == 0)) {
            equalsTheDefinitionToTheBit(c, 16);
        }
    }

    private static void equalsTheDefinitionToTheBit(Case c, int rotation) {
        LayerCase data = data(c);
        int features = Arrays.stream(c.widths).sum();
        Optional<float[]> factors = c.factors ? Optional.of(factors(features)) : Optional.empty();
        float[] read = new QuantizedLayer(data.segments, Optional.empty(), false, factors, rotation).read(data.input);
        for (float[] bias : new float[][] {data.bias, null}) {
            float[] expected = ReferenceLinear.run(data.segments, bias, read, c.rows);
            try (OneLayer tested = OneLayer.linear(data.segments, factors, rotation, bias, c.rows)) {
                assertThat(tested.slow()).as("runs in loops").isFalse();
                float[] found = tested.run(data.input);
                if (OneDnn.get().vnni()) {
                    assertThat(found).isEqualTo(expected);
                } else {
                    near(found, expected);
                }
            }
        }
    }

    @Test
    void rowsOfZerosAndConstantsAndNonNumbersKeepToThemselves() {
        int features = 40;
        LayerCase data = new LayerCase(
                        3, 6, new int[] {features}, new int[0], new int[] {0}, 8, LayerCase.Fill.RANDOM, 240)
                .perToken(8);
        Arrays.fill(data.input, 0, 40, 0);
        Arrays.fill(data.input, 40, 80, -0.25f);
        data.input[97] = Float.NaN;
        data.input[139] = Float.NEGATIVE_INFINITY;
        Arrays.fill(data.input, 160, 200, 1e-30f);
        float[] expected = ReferenceLinear.run(data.segments, data.bias, data.input, 6);
        try (OneLayer tested = OneLayer.linear(data.segments, Optional.empty(), data.bias, 6)) {
            float[] actual = tested.run(data.input);
            assertThat(actual).isEqualTo(expected);
            assertThat(Arrays.copyOfRange(actual, 0, 6))
                    .as("of zeros: the bias")
                    .isEqualTo(data.bias);
            assertThat(Arrays.copyOfRange(actual, 12, 24)).containsOnly(Float.NaN);
            for (int i : new int[] {6, 24, 30}) {
                assertThat(Arrays.copyOfRange(actual, i, i + 6)).doesNotContain(Float.NaN);
            }
        }
    }

    /** Where weights are multiplied in two halves, each half's sum is rounded. */
    private static void near(float[] found, float[] expected) {
        double largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) found[i]).isCloseTo(expected[i], within(4 * (double) Math.ulp((float) largest)));
        }
    }

    private static LayerCase data(Case c) {
        int features = Arrays.stream(c.widths).sum();
        LayerCase data = new LayerCase(
                31L * c.rows + c.outputs,
                c.outputs,
                c.widths,
                new int[0],
                new int[] {77},
                c.bits,
                c.fill,
                c.rows * features);
        if (c.codeBits < 8) {
            data.withCodes(c.codeBits, c.group, false, 5);
        }
        if (c.token) {
            data.perToken(c.bits);
        } else {
            // Ranges about as wide as the values.
            data.segments.replaceAll(s -> new Segment(
                    s.from(),
                    s.to(),
                    s.weight(),
                    s.weightScale(),
                    Optional.of(AffineParams.ofRange(-100, 150, c.bits))));
        }
        return data;
    }

    private static float[] factors(int count) {
        Random random = new Random(count);
        float[] factors = new float[count];
        for (int i = 0; i < count; i++) {
            factors[i] = (float) Math.exp(random.nextGaussian());
        }
        return factors;
    }
}
