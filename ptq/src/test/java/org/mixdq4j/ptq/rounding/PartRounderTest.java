package org.mixdq4j.ptq.rounding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.Tensor;

class PartRounderTest {
    private static final int WIDTH = 48;
    private static final StatisticsKey PART = new StatisticsKey("layer", 0, WIDTH, false);
    private static final Tensor WEIGHT = Correlated.weight(16, WIDTH, 4);
    private static final PartWeights WEIGHTS = PartWeights.of(WEIGHT, 0, WIDTH);
    private static final Set<RoundingMethod> ALL = EnumSet.allOf(RoundingMethod.class);

    private static RoundedPart round(double[][] fitting, double[][] heldOut, int group, Set<RoundingMethod> methods) {
        return new PartRounder(
                        Correlated.moment(fitting), Correlated.heldOut(heldOut), RoundingOptions.defaults(), methods)
                .round(WEIGHT, PART, new WeightQuant(4, group));
    }

    @ParameterizedTest(name = "groups of {0}")
    @ValueSource(ints = {0, 16})
    void correlatedInputsAreWorthDecibels(int group) {
        double[][] heldOut = Correlated.vectors(100, WIDTH, 2);

        RoundedPart rounded = round(Correlated.vectors(500, WIDTH, 1), heldOut, group, ALL);

        assertThat(rounded.method().feedback()).isTrue();
        assertThat(rounded.sqnr()).isGreaterThan(rounded.nearestSqnr() + 3);
        double signal = 0;
        double noise = 0;
        for (double[] vector : heldOut) {
            for (int output = 0; output < 16; output++) {
                double[] error = WEIGHTS.error(rounded.weights(), output);
                double exact = 0;
                double off = 0;
                for (int k = 0; k < WIDTH; k++) {
                    exact += WEIGHTS.rows()[output][k] * vector[k];
                    off += error[k] * vector[k];
                }
                signal += exact * exact;
                noise += off * off;
            }
        }
        assertThat(rounded.sqnr()).isCloseTo(10 * Math.log10(signal / noise), within(1e-6));
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(RoundingMethod.class)
    void noMethodIsTakenThatIsWorseThanRoundingToNearest(RoundingMethod method) {
        double[][] fitting = Correlated.vectors(500, WIDTH, 1);
        double[][] heldOut = Correlated.vectors(100, WIDTH, 2);
        RoundedPart rounded = round(fitting, heldOut, 0, Set.of(method));
        assertThat(rounded.sqnr()).isGreaterThanOrEqualTo(rounded.nearestSqnr());
        assertThat(rounded.method()).isIn(RoundingMethod.NEAREST_MINMAX, RoundingMethod.NEAREST_MSE, method);
    }

    @Test
    void whatFitsOnlyTheFittingSamplesIsNotTaken() {
        // Held-out features know nothing of each other, so that moving an error from one to another makes it only
        // larger.
        Random random = new Random(8);
        double[][] heldOut = IntStream.range(0, 400)
                .mapToObj(i -> random.doubles(WIDTH, -1, 1).toArray())
                .toArray(double[][]::new);

        RoundedPart rounded = round(Correlated.vectors(500, WIDTH, 1), heldOut, 0, ALL);

        assertThat(rounded.method().feedback()).isFalse();
        assertThat(rounded.sqnr()).isEqualTo(rounded.nearestSqnr());
        assertThat(rounded.weights().integers().buffer())
                .isEqualTo(SymmetricWeights.quantize(
                                WEIGHT, new WeightQuant(4), rounded.method().search())
                        .integers()
                        .buffer());
    }

    @Test
    void withoutAnyInputWeightsAreRoundedToNearest() {
        RoundedPart rounded = round(new double[10][WIDTH], new double[10][WIDTH], 0, ALL);
        assertThat(rounded.method()).isEqualTo(RoundingMethod.NEAREST_MINMAX);
    }

    @Test
    void everyFourthSampleIsHeldOutAndServesOnePurposeWhereThereAreEnough() {
        Folds many = new Folds(18);
        assertThat(select(many::chooses, 18)).containsExactly(3, 11);
        assertThat(select(many::checks, 18)).containsExactly(7, 15);
        assertThat(select(many::fits, 18)).hasSize(14).doesNotContain(3, 7, 11, 15);
        assertThat(List.of(many.fitting(), many.choosing())).containsExactly(14, 2);
        Folds few = new Folds(6);
        assertThat(select(few::chooses, 6)).containsExactly(3).isEqualTo(select(few::checks, 6));
        assertThat(List.of(few.fitting(), few.choosing())).containsExactly(5, 1);
        assertThatThrownBy(() -> new Folds(3))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("has 3 samples, but rounding by 'gptq' needs at least 4");
    }

    private static List<Integer> select(java.util.function.IntPredicate of, int samples) {
        return IntStream.range(0, samples).filter(of).boxed().toList();
    }
}
