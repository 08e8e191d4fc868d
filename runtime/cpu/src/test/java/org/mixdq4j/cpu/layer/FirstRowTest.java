package org.mixdq4j.cpu.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A layer whose first row stays in float keeps that row's result from run to run, and makes another where the row is another. */
class FirstRowTest {
    private static final int SAMPLES = 2;
    private static final int ROWS = 5;
    private static final int INPUTS = 70;
    private static final int OUTPUTS = 48;

    private final LayerCase layer = new LayerCase(
            11,
            OUTPUTS,
            new int[] {40, 30},
            new int[0],
            new int[] {120},
            8,
            LayerCase.Fill.RANDOM,
            SAMPLES * ROWS * INPUTS);
    private final float[] factors = new float[INPUTS];

    FirstRowTest() {
        Arrays.fill(factors, 0.5f);
    }

    private OneLayer open() {
        return OneLayer.firstRowInFloat(layer.segments, factors, layer.bias, SAMPLES, ROWS);
    }

    /** Of a network that was never run before. */
    private float[] fresh(float[] input) {
        try (OneLayer network = open()) {
            return network.run(input);
        }
    }

    private static float[] with(float[] input, int at, float value) {
        float[] other = input.clone();
        other[at] = value;
        return other;
    }

    @Test
    void itsResultIsThatOfItsOwnInputWhateverRanBefore() {
        float[] first = layer.input;
        float[] otherRow = with(first, 3, first[3] + 1);
        float[] ofOtherSample = with(first, ROWS * INPUTS + INPUTS - 1, 7.25f);
        float[] otherRest = first.clone();
        Random random = new Random(5);
        for (int i = 0; i < otherRest.length; i++) {
            if (i % (ROWS * INPUTS) >= INPUTS) {
                otherRest[i] = (float) (60 * random.nextGaussian());
            }
        }
        float[] none = with(first, 0, Float.NaN);
        try (OneLayer network = open()) {
            for (float[] input :
                    new float[][] {first, first, otherRow, first, otherRest, ofOtherSample, none, none, otherRest, first
                    }) {
                assertThat(network.run(input)).isEqualTo(fresh(input));
            }
        }
        assertThat(rows(fresh(first))).isNotEqualTo(rows(fresh(otherRow)));
        assertThat(rows(fresh(first))).isEqualTo(rows(fresh(otherRest))).isNotEqualTo(rows(fresh(ofOtherSample)));
        assertThat(Arrays.copyOf(fresh(none), OUTPUTS)).containsOnly(Float.NaN);
    }

    /** The first ones of each sample. */
    private static float[] rows(float[] outputs) {
        float[] rows = new float[SAMPLES * OUTPUTS];
        for (int sample = 0; sample < SAMPLES; sample++) {
            System.arraycopy(outputs, sample * ROWS * OUTPUTS, rows, sample * OUTPUTS, OUTPUTS);
        }
        return rows;
    }
}
