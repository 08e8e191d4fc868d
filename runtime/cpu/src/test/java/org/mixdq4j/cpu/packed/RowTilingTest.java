package org.mixdq4j.cpu.packed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;
import org.mixdq4j.cpu.packed.TiledLayout.Digit;

class RowTilingTest {
    private static TiledLayout blocked(int outputs, int channels) {
        List<Digit> digits = new ArrayList<>();
        if (outputs > 64) {
            digits.add(new Digit(Axis.OUTPUT, (outputs + 63) / 64, 64));
        }
        digits.add(new Digit(Axis.INPUT, (channels + 63) / 64, 64));
        digits.add(new Digit(Axis.INPUT, 16, 4));
        return new TiledLayout(digits, 64, 4);
    }

    /** As oneDNN likes them for convolutions: taps, then inputs. */
    private static TiledLayout tapsFirst(int outputs, int channels, int height, int width) {
        List<Digit> digits = new ArrayList<>();
        if (outputs > 64) {
            digits.add(new Digit(Axis.OUTPUT, (outputs + 63) / 64, 64));
        }
        digits.add(new Digit(Axis.TAP, height, width));
        digits.add(new Digit(Axis.TAP, width, 1));
        digits.add(new Digit(Axis.INPUT, (channels + 3) / 4, 4));
        return new TiledLayout(digits, 64, 4);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "64, 64", "65, 63", "130, 1283", "192, 5120"})
    void eachWeightIsInItsTileAndInItsSum(int outputs, int channels) {
        check(outputs, channels, 1, blocked(outputs, channels));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 3, 3", "64, 64, 3, 3", "65, 63, 1, 2", "130, 321, 3, 3", "70, 6, 5, 5"})
    void tapsToo(int outputs, int channels, int height, int width) {
        check(outputs, channels, height * width, tapsFirst(outputs, channels, height, width));
    }

    @ParameterizedTest
    @CsvSource({"8, 3, 8", "64, 64, 64", "72, 63, 72", "135, 1281, 136", "192, 5120, 192", "16, 16, 64"})
    void columnsOfAMatrix(int outputs, int channels, int place) {
        check(outputs, channels, 1, new TiledLayout(List.of(new Digit(Axis.INPUT, channels, 1)), place, 1));
    }

    @Test
    void anyOrderOfTilesAndTilesOfFewerOutputs() {
        List<Digit> digits = List.of(
                new Digit(Axis.OUTPUT, 5, 16),
                new Digit(Axis.INPUT, 3, 8),
                new Digit(Axis.TAP, 2, 1),
                new Digit(Axis.INPUT, 2, 4));
        check(77, 22, 2, new TiledLayout(digits, 16, 4));
    }

    private static void check(int outputs, int channels, int taps, TiledLayout layout) {
        assertThat(RowTiling.writes(layout)).isTrue();
        int width = channels * taps;
        byte[] rows = new byte[outputs * width];
        new Random(outputs).nextBytes(rows);
        // The extremes, in all of the first row.
        for (int i = 0; i < width; i++) {
            rows[i] = i < width / 2 ? Byte.MAX_VALUE : Byte.MIN_VALUE;
        }
        int lanes = layout.lanes();
        int bytes = layout.outputs() * lanes;
        ByteBuffer to = ByteBuffer.allocateDirect(layout.tiles() * bytes);
        int[] sums = RowTiling.tile(ByteBuffer.wrap(rows), outputs, channels, taps, layout, to);
        TiledLayout.Cursor cursor = layout.cursor();
        cursor.seek(0);
        int[] wanted = new int[sums.length];
        for (int tile = 0; tile < layout.tiles(); tile++, cursor.next()) {
            for (int i = 0; i < bytes; i++) {
                int output = cursor.output() + i / lanes;
                int input = cursor.input() + i % lanes;
                byte value =
                        output < outputs && input < channels ? rows[output * width + input * taps + cursor.tap()] : 0;
                if (to.get(tile * bytes + i) != value) {
                    assertThat(to.get(tile * bytes + i))
                            .as("%d, %d, %d", output, input, cursor.tap())
                            .isEqualTo(value);
                }
                wanted[output] += value;
            }
        }
        assertThat(sums).containsExactly(wanted);
    }

    @Test
    void otherLayoutsAreLeftAlone() {
        Digit outputs = new Digit(Axis.OUTPUT, 3, 64);
        Digit inputs = new Digit(Axis.INPUT, 5, 4);
        assertThat(RowTiling.writes(new TiledLayout(List.of(outputs, inputs), 64, 4)))
                .isTrue();
        assertThat(RowTiling.writes(new TiledLayout(List.of(inputs, outputs), 64, 4)))
                .isFalse();
        assertThat(RowTiling.writes(new TiledLayout(List.of(outputs, new Digit(Axis.INPUT, 5, 8)), 64, 8)))
                .isFalse();
    }
}
