package org.mixdq4j.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.tensor.Tensor;

/** Whether what an executor computed is what was expected. */
final class Agreement {
    /** Rows left in float, in a layer of integers. */
    private static final double FIRST_ROW = 1e-5;
    /** Values that may be rounded on the way from inputs to outputs of a case. */
    private static final double ROUNDINGS = 16;

    private Agreement() {}

    static void check(Case test, FloatType type, Map<String, Tensor> expected, Map<String, Tensor> found) {
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, tensor) -> {
            assertThat(found.get(name).shape()).as(name).isEqualTo(tensor.shape());
            check(test, type, tensor, found.get(name));
        });
    }

    private static void check(Case test, FloatType type, Tensor expected, Tensor found) {
        double rounding = type == FloatType.F32 ? 0 : ROUNDINGS * Bound.rounding(type);
        if (test.bound() instanceof Bound.Bits) {
            if (type == FloatType.F32) {
                bits(expected.toFloatArray(), found.toFloatArray());
            } else {
                relative(expected, found, 2 * Bound.rounding(type));
            }
        } else if (test.bound() instanceof Bound.Relative bound) {
            relative(expected, found, bound.of() + rounding);
        } else if (test.bound() instanceof Bound.Decibels bound) {
            double least =
                    type == FloatType.F32 ? bound.least() : Math.min(bound.least(), type == FloatType.BF16 ? 25 : 36);
            double decibels = Compare.sqnr(found, expected);
            // No difference at all is no number of decibels.
            assertThat(Double.isNaN(decibels) || decibels >= least)
                    .as("%.1f dB, expected %.1f", decibels, least)
                    .isTrue();
        } else {
            sums(test, expected, found, rounding);
        }
    }

    /** Zeros of both signs are told apart. */
    private static void bits(float[] expected, float[] found) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(Float.floatToRawIntBits(found[i]))
                    .as("element %d: %s, expected %s", i, found[i], expected[i])
                    .isEqualTo(Float.floatToRawIntBits(expected[i]));
        }
    }

    private static void relative(Tensor expected, Tensor found, double bound) {
        float[] e = expected.toFloatArray();
        float[] f = found.toFloatArray();
        double largest = 0;
        for (float value : e) {
            largest = Math.max(largest, Math.abs(value));
        }
        // What is smaller than numbers of full precision may be taken for zero.
        double tolerance = bound * largest + Float.MIN_NORMAL;
        for (int i = 0; i < e.length; i++) {
            assertThat(Math.abs((double) f[i] - e[i]) <= tolerance)
                    .as("element %d: %s, expected %s within %.3g", i, f[i], e[i], tolerance)
                    .isTrue();
        }
    }

    private static void sums(Case test, Tensor expected, Tensor found, double rounding) {
        double[] tolerances = Expected.tolerances(test);
        float[] e = expected.toFloatArray();
        float[] f = found.toFloatArray();
        double largest = 0;
        for (int i = 0; i < e.length; i++) {
            largest = Double.isNaN(tolerances[i]) ? Math.max(largest, Math.abs(e[i])) : largest;
        }
        for (int i = 0; i < e.length; i++) {
            double tolerance = Double.isNaN(tolerances[i]) ? FIRST_ROW * largest : tolerances[i];
            tolerance += rounding * Math.abs(e[i]) + Float.MIN_NORMAL;
            assertThat(Math.abs((double) f[i] - e[i]) <= tolerance)
                    .as("element %d: %s, expected %s within %.3g", i, f[i], e[i], tolerance)
                    .isTrue();
        }
    }
}
