package org.mixdq4j.cpu.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.packed.PackedIntegers;

/** Integer layers whose weights have fewer than 8 bits, on both sides of the size from which on these are packed. */
class PackedLayersTest {
    /** @param kernel edge; 0 for a Linear. @param side rows of a Linear, edge of a picture */
    record Case(int bits, int group, int[] widths, int outputs, int kernel, int side, boolean highest, long seed) {
        @Override
        public String toString() {
            return "w" + bits + " group " + group + " " + Arrays.toString(widths) + "->" + outputs + " kernel " + kernel
                    + " side " + side + (highest ? " highest" : "") + " seed " + seed;
        }

        int inputs() {
            return Arrays.stream(widths).sum();
        }

        Shape shape() {
            return kernel == 0 ? Shape.of(side, inputs()) : Shape.of(1, inputs(), side, side);
        }

        LayerCase layer() {
            int[] size = kernel == 0 ? new int[0] : new int[] {kernel, kernel};
            return new LayerCase(seed, outputs, widths, size, new int[] {131, 7, 0}, 8, LayerCase.Fill.RANDOM, (int)
                            shape().elements())
                    .withCodes(bits, group, highest, seed);
        }

        OneLayer create(List<Segment> segments, float[] bias) {
            return kernel == 0
                    ? OneLayer.linear(segments, Optional.empty(), bias, side)
                    : OneLayer.conv(conv(), segments, bias, shape());
        }

        Conv2d conv() {
            return new Conv2d(inputs(), outputs, kernel, kernel, 1, Conv2d.Padding.same(kernel / 2), true);
        }

        /** Weights of the smallest segment. */
        int weights() {
            return Arrays.stream(widths).min().orElseThrow() * outputs * Math.max(1, kernel * kernel);
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        long seed = 7000;
        for (int bits : new int[] {2, 3, 4, 5, 6, 7}) {
            for (int group : new int[] {0, 16, 20, 64, 1024}) {
                boolean highest = seed % 3 == 0;
                cases.add(new Case(bits, group, new int[] {301}, 257, 0, 3, highest, seed++));
                cases.add(new Case(bits, group, new int[] {301}, 264, 0, 5, !highest, seed++));
                cases.add(new Case(bits, group, new int[] {67}, 131, 3, 5, highest, seed++));
                cases.add(new Case(bits, group, new int[] {67}, 136, 3, 4, !highest, seed++));
            }
        }
        for (int group : new int[] {0, 64, 100}) {
            cases.add(new Case(4, group, new int[] {300, 257}, 272, 0, 2, true, seed++));
            cases.add(new Case(4, group, new int[] {61, 64, 70}, 128, 3, 4, false, seed++));
            // One of the segments is small.
            cases.add(new Case(4, group, new int[] {300, 9}, 240, 0, 7, false, seed++));
            // Fewer outputs than a block of them has, and fewer inputs.
            cases.add(new Case(4, group, new int[] {8500}, 8, 0, 4, false, seed++));
            cases.add(new Case(4, group, new int[] {3}, 21848, 0, 2, false, seed++));
            cases.add(new Case(4, group, new int[] {260}, 256, 1, 3, false, seed++));
            cases.add(new Case(4, group, new int[] {53}, 56, 5, 6, true, seed++));
            // Some channels of an image at a time.
            cases.add(new Case(4, group, new int[] {67}, 520, 3, 5, group > 0, seed++));
            cases.add(new Case(4, group, new int[] {61, 70}, 576, 3, 4, false, seed++));
            // Below the size from which on weights are packed.
            cases.add(new Case(4, group, new int[] {40}, 33, 0, 7, true, seed++));
            cases.add(new Case(4, group, new int[] {13}, 24, 3, 5, false, seed++));
            // Large enough for several threads.
            cases.add(new Case(4, group, new int[] {1090}, 1088, 0, 2, false, seed++));
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void areBitEqualToTheReferenceAndToUnpackedOnes(Case c) {
        LayerCase layer = c.layer();
        if (c.kernel == 0) {
            LayerChecks.linear(layer, c.side);
        } else {
            LayerChecks.conv(layer, c.conv(), c.shape());
        }
        try (OneLayer packed = c.create(layer.segments, layer.bias);
                OneLayer unpacked = c.create(layer.withoutCodes(), layer.bias)) {
            for (int run = 0; run < 2; run++) {
                assertThat(packed.run(layer.input)).isEqualTo(unpacked.run(layer.input));
            }
            long integers = unpacked.weightBytes();
            if (c.weights() < PackedIntegers.WORTHWHILE) {
                assertThat(packed.weightBytes()).isLessThanOrEqualTo(integers);
            } else if (c.outputs % 8 == 0) {
                assertThat(packed.weightBytes()).isLessThan(integers);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("worthwhile")
    void takeTheirBitsInMemory(Case c) {
        LayerCase layer = c.layer();
        try (OneLayer packed = c.create(layer.segments, layer.bias)) {
            double bits = 8.0 * packed.weightBytes() / ((double) c.weights());
            double expected = c.bits + (c.group == 0 ? 0 : 8.0 / c.group);
            // Besides: a scale, a bias and a compensation of the zero point for each output, 12 bytes together.
            double perOutput = 8.0 * 12 * c.outputs / c.weights();
            assertThat(bits).isBetween(expected, 1.02 * (expected + perOutput) + 0.05);
        }
    }

    static Stream<Case> worthwhile() {
        return Stream.of(
                new Case(4, 0, new int[] {1024}, 640, 0, 2, false, 1),
                new Case(4, 64, new int[] {1024}, 640, 0, 2, false, 2),
                new Case(4, 64, new int[] {256}, 320, 3, 4, false, 3),
                new Case(3, 0, new int[] {256}, 320, 3, 4, false, 4),
                new Case(2, 32, new int[] {256}, 320, 3, 4, false, 5));
    }

    @Test
    void staySmallOnesAsTheyAre() {
        int outputs = 64;
        int least = PackedIntegers.WORTHWHILE / outputs;
        for (int inputs : new int[] {least - 1, least}) {
            LayerCase layer = new Case(4, 0, new int[] {inputs}, outputs, 0, 2, false, 9).layer();
            assertThat(PackedIntegers.worthwhile(
                            (long) inputs * outputs,
                            layer.segments.get(0).code().bits()))
                    .isEqualTo(inputs == least);
            try (OneLayer packed = OneLayer.linear(layer.segments, Optional.empty(), null, 2)) {
                assertThat(packed.weightBytes() < (long) inputs * outputs).isEqualTo(inputs == least);
            }
        }
        assertThat(PackedIntegers.worthwhile(1L << 30, 8)).isFalse();
    }
}
