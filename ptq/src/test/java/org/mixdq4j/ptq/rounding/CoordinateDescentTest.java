package org.mixdq4j.ptq.rounding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightPacking;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Tensor;

class CoordinateDescentTest {
    @ParameterizedTest(name = "{0} inputs, {1} bits, groups of {2}")
    @CsvSource({"9, 4, 0", "130, 4, 0", "130, 3, 16", "70, 2, 0"})
    void endsWhereNoSingleCodeCanBeBettered(int width, int bits, int group) {
        WeightQuant quant = new WeightQuant(bits, group);
        SecondMoment moment = Correlated.damped(width);
        Tensor weight = Correlated.weight(10, width, 3);
        PartWeights part = PartWeights.of(weight, 0, width);
        SymmetricWeights start = SymmetricWeights.quantize(weight, quant, ScaleSearch.LEAST_SQUARES);

        SymmetricWeights refined = new CoordinateDescent(moment).refine(part, start, 200);

        byte[] codes = WeightPacking.codes(refined.integers(), refined.code());
        int limit = 1 << bits - 1;
        double before = 0;
        double after = 0;
        for (int output = 0; output < 10; output++) {
            double[] error = part.error(refined, output);
            double least = Correlated.error(moment, error);
            before += Correlated.error(moment, part.error(start, output));
            after += least;
            for (int k = 0; k < width; k++) {
                double step = refined.scale()[output] * (double) refined.code().multiplier(output, k, width);
                for (int flip : new int[] {-1, 1}) {
                    int code = codes[output * width + k] + flip;
                    if (code >= -limit && code < limit) {
                        double kept = error[k];
                        error[k] -= flip * step;
                        assertThat(Correlated.error(moment, error)).isGreaterThanOrEqualTo(least * (1 - 1e-6));
                        error[k] = kept;
                    }
                }
            }
        }
        assertThat(after).isLessThan(before * 0.8);
    }

    @Test
    void afterErrorFeedbackItIsNoWorseAndNotBetterThanTheBestOfAllCodes() {
        int width = 6;
        WeightQuant quant = new WeightQuant(2);
        SecondMoment moment = Correlated.damped(width);
        Tensor weight = Correlated.weight(8, width, 11);
        PartWeights part = PartWeights.of(weight, 0, width);
        SymmetricWeights nearest = SymmetricWeights.quantize(weight, quant, ScaleSearch.MAX_ABS);
        SymmetricWeights fedBack = new ErrorFeedback(new FeedbackFactor(moment, FeedbackFactor.naturalOrder(width)))
                .round(part, nearest, quant, ScaleSearch.MAX_ABS);
        SymmetricWeights refined = new CoordinateDescent(moment).refine(part, fedBack, 50);

        for (int output = 0; output < 8; output++) {
            double found = Correlated.error(moment, part.error(refined, output));
            assertThat(found).isLessThanOrEqualTo(Correlated.error(moment, part.error(fedBack, output)) * (1 + 1e-6));
            assertThat(found)
                    .isGreaterThanOrEqualTo(best(moment, part.rows()[output], refined.scale()[output]) * (1 - 1e-6));
        }
    }

    /** The least error of all 4^6 codes at this scale. */
    private static double best(SecondMoment moment, float[] weights, float scale) {
        double best = Double.POSITIVE_INFINITY;
        for (int all = 0; all < 1 << 2 * weights.length; all++) {
            double[] error = new double[weights.length];
            for (int k = 0; k < weights.length; k++) {
                error[k] = weights[k] - ((all >> 2 * k & 3) - 2) * (double) scale;
            }
            best = Math.min(best, Correlated.error(moment, error));
        }
        return best;
    }
}
