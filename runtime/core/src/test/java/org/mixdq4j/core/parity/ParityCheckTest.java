package org.mixdq4j.core.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class ParityCheckTest {
    private static ParityResult compare(float[] reference, float[] ours) {
        return ParityCheck.compare(
                "out.sample", Tensor.of(Shape.of(reference.length), reference), Tensor.of(Shape.of(ours.length), ours));
    }

    @Test
    void theLargestDifferenceAsAShareOfTheLargestReference() {
        ParityResult result = compare(new float[] {1, -8, 2}, new float[] {1.5f, -8, 1});

        assertThat(result).isEqualTo(new ParityResult("out.sample", 8, 1));
        assertThat(result.relative()).isEqualTo(0.125);
        assertThat(result.within(0.125)).isTrue();
        assertThat(result.within(0.12)).isFalse();
    }

    @Test
    void whatIsNotANumberIsNeverWithin() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            for (int at = 0; at < 3; at++) {
                float[] ours = {1, 2, 3};
                ours[at] = bad;
                assertThat(compare(new float[] {1, 2, 3}, ours).within(1e30)).isFalse();
                assertThat(compare(ours, new float[] {1, 2, 3}).within(1)).isFalse();
            }
        }
    }

    @Test
    void aReferenceOfZerosCountsTheDifferenceItself() {
        assertThat(compare(new float[2], new float[] {0, 0.25f}).relative()).isEqualTo(0.25);
        assertThat(compare(new float[2], new float[2]).within(0)).isTrue();
    }

    @Test
    void refusesOtherShapes() {
        assertThatThrownBy(() -> compare(new float[2], new float[3]))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("The value out.sample has shape [3], the reference [2]");
    }
}
