package org.mixdq4j.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class SqnrTest {
    private static final float[] REFERENCE = {3, -4, 0, 5};

    @Test
    void isTheRatioOfSumsInDecibels() {
        // signal 50, noise 0.25 + 0.25
        assertThat(Sqnr.of(REFERENCE, new float[] {3.5f, -4, -0.5f, 5})).isCloseTo(20, within(1e-12));
    }

    @Test
    void piecesCountAsOneTensor() {
        Sqnr sqnr = new Sqnr();
        sqnr.add(new float[] {3, -4}, new float[] {3.5f, -4});
        FloatBuffer rest = FloatBuffer.wrap(new float[] {9, 0, 5}).position(1);
        sqnr.add(rest, FloatBuffer.wrap(new float[] {-0.5f, 5}));
        assertThat(sqnr.decibels()).isCloseTo(20, within(1e-12));
        assertThat(rest.position()).isEqualTo(1);
    }

    @Test
    void equalTensorsAreInfinitelyGoodAndUnlikeScalesAreNot() {
        assertThat(Sqnr.of(REFERENCE, REFERENCE)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(Sqnr.of(new float[2], new float[2])).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(Sqnr.of(REFERENCE, new float[4])).isZero();
        assertThat(Sqnr.of(new float[2], new float[] {1, 0})).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @Test
    void aBrokenValueIsNeverAGoodScore() {
        float[] nan = {3, Float.NaN, 0, 5};
        float[] infinite = {3, Float.POSITIVE_INFINITY, 0, 5};
        assertThat(Sqnr.of(REFERENCE, nan)).isNaN();
        assertThat(Sqnr.of(nan, REFERENCE)).isNaN();
        assertThat(Sqnr.of(nan, nan)).isNaN();
        assertThat(Sqnr.of(infinite, infinite)).isNaN();
        assertThat(Sqnr.of(infinite, REFERENCE)).isNaN();
        assertThat(Sqnr.of(REFERENCE, infinite)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(new Sqnr().decibels()).isNaN();
    }

    @Test
    void tensorsOfUnlikeLengthsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Sqnr.of(REFERENCE, new float[3]));
    }
}
