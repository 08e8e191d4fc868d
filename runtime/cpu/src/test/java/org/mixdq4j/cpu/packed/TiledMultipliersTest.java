package org.mixdq4j.cpu.packed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;
import org.mixdq4j.cpu.packed.TiledLayout.Digit;

/** Layouts that oneDNN uses, by its names for them, with sizes that fill no block. */
class TiledMultipliersTest {
    /** @param copies how often the input channels are there one after the other */
    record Case(String name, TiledLayout layout, int outputs, int channels, int copies, int taps, int group) {
        @Override
        public String toString() {
            return name + ", group " + group;
        }
    }

    static Stream<Case> cases() {
        return Stream.of(16, 20, 64, 300)
                .flatMap(group -> Stream.of(
                        new Case("BA16a64b4a", blocked(3, 64, 2, 16), 150, 97, 1, 1, group),
                        new Case("BA16a64b4a of two copies", blocked(3, 64, 4, 16), 150, 97, 2, 1, group),
                        new Case("AB16a64b4a of one block", blocked(1, 64, 1, 16), 17, 33, 1, 1, group),
                        new Case("AcdB48a4b", taps(3, 9, 19, 48, 4), 140, 73, 1, 9, group),
                        new Case("AcdB64a4b of two copies", taps(2, 25, 21, 64, 4), 100, 41, 2, 25, group),
                        new Case("ABcd2b8a4b", small(), 29, 43, 1, 9, group),
                        new Case(
                                "ab",
                                new TiledLayout(List.of(new Digit(Axis.INPUT, 93, 1)), 40, 1),
                                40,
                                93,
                                1,
                                1,
                                group),
                        new Case("hwio", new TiledLayout(hwio(), 24, 1), 24, 31, 1, 9, group)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void areThoseOfEachWeight(Case c) {
        int width = c.channels * c.taps;
        int groups = (width + c.group - 1) / c.group;
        byte[] multipliers = new byte[c.outputs * groups];
        new Random(c.group).nextBytes(multipliers);
        for (int i = 0; i < multipliers.length; i++) {
            multipliers[i] = (byte) (1 + (multipliers[i] & 15));
        }
        WeightCode code = new WeightCode(4, c.group, multipliers);
        TiledLayout layout = c.layout;
        Multipliers.Reader reader = new TiledMultipliers(layout, code, c.outputs, c.channels, c.taps).reader();
        int bytes = layout.tiles() * layout.outputs() * layout.lanes();
        long[] read = new long[CodeChunk.LONGS];
        int chunks = (bytes + CodeChunk.CODES - 1) / CodeChunk.CODES;
        // Backwards, as nothing says that runs are read in order.
        for (int chunk = chunks - 1; chunk >= 0; chunk--) {
            reader.read(chunk * CodeChunk.LONGS, read);
            for (int i = 0; i < CodeChunk.CODES && chunk * CodeChunk.CODES + i < bytes; i++) {
                int[] place = place(layout, chunk * CodeChunk.CODES + i);
                int output = place[Axis.OUTPUT.ordinal()];
                int input = place[Axis.INPUT.ordinal()];
                if (output < c.outputs && input < c.channels * c.copies) {
                    int index = input % c.channels * c.taps + place[Axis.TAP.ordinal()];
                    int found = (int) (read[i / 8] >>> i % 8 * 8) & 255;
                    assertThat(found)
                            .as("output %d, input %d", output, input)
                            .isEqualTo(code.multiplier(output, index, width));
                }
            }
        }
    }

    /** Output, input and tap of the byte at {@code index}, digit by digit. */
    private static int[] place(TiledLayout layout, int index) {
        int[] place = new int[3];
        place[Axis.INPUT.ordinal()] = index % layout.lanes();
        int rest = index / layout.lanes();
        place[Axis.OUTPUT.ordinal()] = rest % layout.outputs();
        rest /= layout.outputs();
        for (int i = layout.digits().size() - 1; i >= 0; i--) {
            Digit digit = layout.digits().get(i);
            place[digit.axis().ordinal()] += rest % digit.extent() * digit.step();
            rest /= digit.extent();
        }
        return place;
    }

    private static TiledLayout blocked(int outputBlocks, int outputs, int inputBlocks, int rows) {
        return new TiledLayout(
                List.of(
                        new Digit(Axis.OUTPUT, outputBlocks, outputs),
                        new Digit(Axis.INPUT, inputBlocks, 4 * rows),
                        new Digit(Axis.INPUT, rows, 4)),
                outputs,
                4);
    }

    private static TiledLayout taps(int outputBlocks, int taps, int inputBlocks, int outputs, int lanes) {
        int edge = (int) Math.sqrt(taps);
        return new TiledLayout(
                List.of(
                        new Digit(Axis.OUTPUT, outputBlocks, outputs),
                        new Digit(Axis.TAP, edge, edge),
                        new Digit(Axis.TAP, edge, 1),
                        new Digit(Axis.INPUT, inputBlocks, lanes)),
                outputs,
                lanes);
    }

    private static TiledLayout small() {
        return new TiledLayout(
                List.of(
                        new Digit(Axis.OUTPUT, 4, 8),
                        new Digit(Axis.INPUT, 6, 8),
                        new Digit(Axis.TAP, 3, 3),
                        new Digit(Axis.TAP, 3, 1),
                        new Digit(Axis.INPUT, 2, 4)),
                8,
                4);
    }

    private static List<Digit> hwio() {
        return List.of(new Digit(Axis.TAP, 3, 3), new Digit(Axis.TAP, 3, 1), new Digit(Axis.INPUT, 31, 1));
    }
}
