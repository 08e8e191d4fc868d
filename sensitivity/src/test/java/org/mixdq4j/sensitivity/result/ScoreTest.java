package org.mixdq4j.sensitivity.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mixdq4j.sensitivity.measure.Measured;

/** Several units to one score. */
class ScoreTest {
    @Test
    void signalAndNoiseAreSummedBeforeTheRatioAndSimilaritiesAveraged() {
        Score score = Score.of(List.of(new Measured(90, 1, 0.5, 3), new Measured(10, 0, 1, 3)));
        // 100 / 1, where the mean of both ratios would be infinite.
        assertThat(score.sqnr()).isEqualTo(20, within(1e-12));
        assertThat(score.ssim()).isEqualTo(0.75);
    }

    @Test
    void nothingChangedIsInfinite() {
        Score score = Score.of(List.of(new Measured(90, 0, 1, 3), new Measured(10, 0, 1, 3)));
        assertThat(score.sqnr()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(score.ssim()).isEqualTo(1);
    }

    @Test
    void oneUnitWithoutAResultLeavesNothingOfAll() {
        Score score = Score.of(List.of(new Measured(90, 1, 0.5, 3), new Measured(10, Double.NaN, -1, 3)));
        assertThat(score.sqnr()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(score.ssim()).isEqualTo(-0.25);
    }

    @Test
    void picturesThatWereNotComparedHaveNoSimilarity() {
        assertThat(Score.of(List.of(new Measured(90, 1, Double.NaN, 3))).ssim()).isNaN();
    }
}
