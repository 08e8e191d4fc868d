package org.mixdq4j.cpu.layer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.quant.IntegerLayers;

class LinearLayersTest {
    record Case(int rows, int[] widths, int outputs, int[] zeroPoints, int bits, LayerCase.Fill fill, long seed) {
        @Override
        public String toString() {
            return rows + "x" + Arrays.toString(widths) + "->" + outputs + " zp " + Arrays.toString(zeroPoints) + " a"
                    + bits + " " + fill + " seed " + seed;
        }
    }

    static Stream<Case> cases() {
        Stream.Builder<Case> cases = Stream.builder();
        long seed = 1000;
        for (int rows : new int[] {1, 7, 77}) {
            for (int features : new int[] {3, 4, 5, 13, 16, 17, 64, 67, 160}) {
                int outputs = new int[] {1, 3, 8, 33, 65}[(int) (seed % 5)];
                int zeroPoint = new int[] {0, 128, 255, 77}[(int) (seed % 4)];
                cases.add(new Case(
                        rows, new int[] {features}, outputs, new int[] {zeroPoint}, 8, LayerCase.Fill.RANDOM, seed++));
            }
        }
        for (LayerCase.Fill fill : LayerCase.Fill.values()) {
            for (int zeroPoint : new int[] {0, 128, 255}) {
                cases.add(new Case(5, new int[] {131}, 19, new int[] {zeroPoint}, 8, fill, seed++));
                cases.add(new Case(2, new int[] {1500}, 6, new int[] {zeroPoint}, 8, fill, seed++));
            }
            cases.add(new Case(9, new int[] {7, 30}, 12, new int[] {255, 0}, 8, fill, seed++));
            cases.add(new Case(9, new int[] {5, 1, 21}, 13, new int[] {3, 128, 255}, 8, fill, seed++));
        }
        for (int bits = 2; bits < 8; bits++) {
            cases.add(new Case(11, new int[] {23, 6}, 10, new int[] {bits, 1}, bits, LayerCase.Fill.RANDOM, seed++));
        }
        return cases.build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void agreesWithTheReference(Case c) {
        int features = Arrays.stream(c.widths).sum();
        LayerChecks.linear(
                new LayerCase(c.seed, c.outputs, c.widths, new int[0], c.zeroPoints, c.bits, c.fill, c.rows * features),
                c.rows);
    }

    @Test
    void sumsThatCouldOverflowAreRefused() {
        int features = IntegerLayers.MAX_PRODUCTS + 1;
        LayerCase wide = new LayerCase(
                1, 1, new int[] {features}, new int[0], new int[] {0}, 8, LayerCase.Fill.HIGHEST, features);

        assertThatThrownBy(() -> OneLayer.linear(wide.segments, Optional.empty(), null, 1))
                .isInstanceOf(MixdqException.class);
    }
}
