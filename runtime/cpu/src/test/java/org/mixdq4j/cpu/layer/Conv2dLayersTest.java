package org.mixdq4j.cpu.layer;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.tensor.Shape;

class Conv2dLayersTest {
    /** @param kernel height, width, stride, and the border's top, bottom, left, right */
    record Case(
            Shape input,
            int[] widths,
            int outputs,
            int[] kernel,
            int[] zeroPoints,
            int bits,
            LayerCase.Fill fill,
            long seed) {
        @Override
        public String toString() {
            return input + " " + Arrays.toString(widths) + "->" + outputs + " k/s/p " + Arrays.toString(kernel) + " zp "
                    + Arrays.toString(zeroPoints) + " a" + bits + " " + fill + " seed " + seed;
        }

        void check() {
            Conv2d op = new Conv2d(
                    input.dim(1),
                    outputs,
                    kernel[0],
                    kernel[1],
                    kernel[2],
                    new Conv2d.Padding(kernel[3], kernel[4], kernel[5], kernel[6]),
                    true);
            int elements = (int) input.elements();
            int[] size = {kernel[0], kernel[1]};
            LayerChecks.conv(new LayerCase(seed, outputs, widths, size, zeroPoints, bits, fill, elements), op, input);
        }
    }

    private static final int[][] KERNELS = {
        {3, 3, 1, 1, 1, 1, 1},
        {3, 3, 2, 1, 1, 1, 1},
        {3, 3, 2, 0, 1, 0, 1},
        {1, 1, 1, 0, 0, 0, 0},
        {1, 1, 2, 0, 0, 0, 0},
        {5, 5, 1, 2, 2, 2, 2},
        {1, 4, 1, 0, 0, 1, 2},
        {2, 2, 2, 0, 0, 0, 0},
        {3, 1, 1, 1, 1, 0, 0}
    };

    static Stream<Case> cases() {
        Stream.Builder<Case> cases = Stream.builder();
        long seed = 2000;
        int[] zeroPoints = {0, 128, 255, 77};
        int[] outputs = {4, 3, 48, 7, 1, 13, 5, 16};
        for (int[] kernel : KERNELS) {
            for (int channels : new int[] {1, 3, 4, 7, 12, 13, 48}) {
                int pick = (int) (seed % 1000);
                cases.add(new Case(
                        Shape.of(1 + pick % 3, channels, 5 + pick % 4, 7 + pick % 6),
                        new int[] {channels},
                        outputs[pick % 8],
                        kernel,
                        new int[] {zeroPoints[pick % 4]},
                        8,
                        LayerCase.Fill.RANDOM,
                        seed++));
            }
            for (LayerCase.Fill fill : LayerCase.Fill.values()) {
                cases.add(
                        new Case(Shape.of(1, 67, 6, 9), new int[] {67}, 18, kernel, new int[] {255}, 8, fill, seed++));
            }
            cases.add(new Case(
                    Shape.of(2, 30, 7, 7),
                    new int[] {19, 11},
                    20,
                    kernel,
                    new int[] {255, 4},
                    8,
                    LayerCase.Fill.RANDOM,
                    seed++));
            cases.add(new Case(
                    Shape.of(1, 21, 8, 5),
                    new int[] {9, 5, 7},
                    9,
                    kernel,
                    new int[] {0, 128, 200},
                    8,
                    LayerCase.Fill.ENDS,
                    seed++));
            cases.add(new Case(
                    Shape.of(1, 10, 9, 6), new int[] {10}, 6, kernel, new int[] {5}, 4, LayerCase.Fill.RANDOM, seed++));
        }
        // Larger planes: other blockings, and planes of a power of two.
        cases.add(new Case(
                Shape.of(1, 32, 32, 32),
                new int[] {32},
                24,
                KERNELS[0],
                new int[] {131},
                8,
                LayerCase.Fill.RANDOM,
                3000));
        cases.add(new Case(
                Shape.of(1, 20, 17, 70),
                new int[] {20},
                35,
                KERNELS[2],
                new int[] {90},
                8,
                LayerCase.Fill.RANDOM,
                3001));
        return cases.build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void agreesWithTheReference(Case c) {
        c.check();
    }
}
