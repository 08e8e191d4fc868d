package org.mixdq4j.ptq.rounding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightPacking;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class ErrorFeedbackTest {
    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of(7, new WeightQuant(4), false),
                Arguments.of(150, new WeightQuant(4), false),
                Arguments.of(150, new WeightQuant(3), true),
                Arguments.of(90, new WeightQuant(2), true),
                Arguments.of(150, new WeightQuant(4, 16), false),
                Arguments.of(150, new WeightQuant(4, 100), false),
                Arguments.of(50, new WeightQuant(6, 32), false));
    }

    @ParameterizedTest(name = "{0} inputs, {1}, largest first {2}")
    @MethodSource("cases")
    void itsIntegersAreThoseOfTheTextbook(int width, WeightQuant quant, boolean largestFirst) {
        SecondMoment moment = Correlated.damped(width);
        int[] order = largestFirst ? FeedbackFactor.descending(moment) : FeedbackFactor.naturalOrder(width);
        Tensor weight = Correlated.weight(20, width, 7);
        PartWeights part = PartWeights.of(weight, 0, width);
        for (ScaleSearch search : ScaleSearch.values()) {
            SymmetricWeights nearest = SymmetricWeights.quantize(weight, quant, search);

            SymmetricWeights rounded =
                    new ErrorFeedback(new FeedbackFactor(moment, order)).round(part, nearest, quant, search);

            assertThat(rounded.scale()).containsExactly(nearest.scale());
            assertThat(WeightPacking.codes(rounded.integers(), rounded.code())).hasSize(20 * width);
            double before = 0;
            double after = 0;
            for (int output = 0; output < 20; output++) {
                byte[] expected =
                        TextbookGptq.round(moment, order, part.rows()[output], nearest.scale()[output], quant, search);
                byte[] found = new byte[width];
                rounded.integers().buffer().get(output * width, found);
                assertThat(found).as("%s, output %d", search, output).containsExactly(expected);
                before += Correlated.error(moment, part.error(nearest, output));
                after += Correlated.error(moment, part.error(rounded, output));
            }
            assertThat(after).as("error of outputs").isLessThan(before * 0.7);
        }
    }

    @Test
    void inputsThatAreAlwaysZeroAreRoundedToNearestAndChannelsOfZerosStay() {
        double[][] vectors = Correlated.vectors(200, 12, 1);
        for (double[] vector : vectors) {
            vector[3] = 0;
            vector[11] = 0;
        }
        SecondMoment moment = Correlated.moment(vectors);
        moment.damp(0.01);
        Tensor weight = Correlated.weight(3, 12, 2);
        for (int i = 12; i < 24; i++) {
            weight.floats().put(i, 0);
        }
        WeightQuant quant = new WeightQuant(4);
        SymmetricWeights nearest = SymmetricWeights.quantize(weight, quant, ScaleSearch.MAX_ABS);

        SymmetricWeights rounded = new ErrorFeedback(new FeedbackFactor(moment, FeedbackFactor.naturalOrder(12)))
                .round(PartWeights.of(weight, 0, 12), nearest, quant, ScaleSearch.MAX_ABS);

        for (int i : new int[] {3, 11, 24 + 3, 24 + 11}) {
            assertThat(rounded.integers().buffer().get(i))
                    .isEqualTo(nearest.integers().buffer().get(i));
        }
        for (int i = 12; i < 24; i++) {
            assertThat(rounded.integers().buffer().get(i)).isZero();
        }
    }

    @Test
    void aPartReadsItsOwnWeights() {
        Tensor weight = Tensor.of(Shape.of(2, 3, 1, 2), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        PartWeights part = PartWeights.of(weight, 1, 3);
        assertThat(part.rows()).isDeepEqualTo(new float[][] {{3, 4, 5, 6}, {9, 10, 11, 12}});
        assertThat(part.shape()).isEqualTo(Shape.of(2, 2, 1, 2));
    }
}
