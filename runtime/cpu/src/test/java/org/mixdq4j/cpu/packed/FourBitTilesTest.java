package org.mixdq4j.cpu.packed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;
import org.mixdq4j.cpu.packed.TiledLayout.Digit;
import org.mixdq4j.cpu.session.Workers;

/** Sizes that fill no block of outputs and no tile, groups that end inside a tile. */
class FourBitTilesTest {
    private static final byte GUARD = 77;

    record Case(String name, int outputs, int channels, int edge, int group) {
        int taps() {
            return edge * edge;
        }

        TiledLayout layout() {
            int blocks = (outputs + 63) / 64;
            List<Digit> digits = new ArrayList<>(List.of(new Digit(Axis.OUTPUT, blocks, 64)));
            if (edge > 1) {
                digits.add(new Digit(Axis.TAP, edge, edge));
                digits.add(new Digit(Axis.TAP, edge, 1));
                digits.add(new Digit(Axis.INPUT, (channels + 3) / 4, 4));
            } else {
                digits.add(new Digit(Axis.INPUT, (channels + 63) / 64, 64));
                digits.add(new Digit(Axis.INPUT, 16, 4));
            }
            return new TiledLayout(digits, 64, 4);
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (int group : new int[] {0, 32, 36, 64, 1000}) {
            for (int channels : new int[] {3, 61, 64, 98, 333}) {
                cases.add(new Case("BA16a64b4a", 150, channels, 1, group));
                cases.add(new Case("AcdB64a4b", 70, channels, 3, group));
            }
            cases.add(new Case("BA16a64b4a", 640, 1280, 1, group));
            // Lanes 8, 9 and 10 of the last tap: two groups, and one lane of none.
            cases.add(new Case("AcdB64a4b", 64, 11, 3, group));
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void expandToWhatWasPacked(Case c) {
        assumeThat(FourBitTiles.supported()).isTrue();
        Random random = new Random(c.hashCode());
        int width = c.channels * c.taps();
        int groups = c.group == 0 ? 0 : (width + c.group - 1) / c.group;
        byte[] multipliers = new byte[c.outputs * groups];
        for (int i = 0; i < multipliers.length; i++) {
            multipliers[i] = (byte) (1 + random.nextInt(16));
        }
        WeightCode code = new WeightCode(4, c.group, multipliers);
        TiledLayout layout = c.layout();
        ByteBuffer integers = ByteBuffer.allocateDirect(layout.tiles() * 256);
        TiledLayout.Cursor cursor = layout.cursor();
        cursor.seek(0);
        for (int tile = 0; tile < layout.tiles(); tile++, cursor.next()) {
            for (int i = 0; i < 256; i++) {
                int output = cursor.output() + i / 4;
                int input = cursor.input() + i % 4;
                if (output < c.outputs && input < c.channels) {
                    int multiplier = code.multiplier(output, input * c.taps() + cursor.tap(), width);
                    integers.put(tile * 256 + i, (byte) (multiplier * (random.nextInt(16) - 8)));
                }
            }
        }
        Optional<FourBitTiles> packed =
                FourBitTiles.pack(integers, layout, code, c.outputs, c.channels, c.taps(), ByteBuffer::allocateDirect);
        if (c.group == 0 || c.taps() == 1 || c.group > 3 * c.taps()) {
            expand(packed.orElseThrow(), layout.tiles(), integers);
        } else {
            assertThat(packed).isEmpty();
        }
    }

    /** Whole and in parts, into rubbish of which nothing else may change. */
    private static void expand(FourBitTiles packed, int tiles, ByteBuffer integers) {
        ByteBuffer out = ByteBuffer.allocateDirect(integers.capacity());
        try (Workers workers = new Workers(3)) {
            packed.expand(out, workers);
        }
        assertThat(out).isEqualTo(integers);
        int from = tiles / 3;
        int to = tiles - tiles / 5;
        byte[] rubbish = new byte[5 + (to - from) * 256 + 5];
        Arrays.fill(rubbish, GUARD);
        ByteBuffer part = ByteBuffer.allocateDirect(rubbish.length).put(0, rubbish);
        packed.expand(from, to, part, 5);
        assertThat(part.slice(5, (to - from) * 256)).isEqualTo(integers.slice(from * 256, (to - from) * 256));
        for (int i = 0; i < 5; i++) {
            assertThat(part.get(i)).isEqualTo(GUARD);
            assertThat(part.get(rubbish.length - 1 - i)).isEqualTo(GUARD);
        }
    }

    @Test
    void integersThatAreNoCodesAreNotPacked() {
        assumeThat(FourBitTiles.supported()).isTrue();
        TiledLayout layout = new TiledLayout(List.of(new Digit(Axis.INPUT, 2, 4)), 64, 4);
        byte[] multipliers = new byte[64];
        Arrays.fill(multipliers, (byte) 3);
        for (int bad : new int[] {4, 24, -27, 127}) {
            ByteBuffer integers = ByteBuffer.allocateDirect(512);
            integers.put(300, (byte) bad);
            assertThat(FourBitTiles.pack(
                            integers, layout, new WeightCode(4, 8, multipliers), 64, 8, 1, ByteBuffer::allocateDirect))
                    .as("%d", bad)
                    .isEmpty();
        }
    }
}
