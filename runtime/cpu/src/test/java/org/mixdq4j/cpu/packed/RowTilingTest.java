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

    @ParameterizedTest
    @CsvSource({"1, 1", "64, 64", "65, 63", "130, 1283", "192, 5120"})
    void eachWeightIsInItsTileAndInItsSum(int outputs, int channels) {
        TiledLayout layout = blocked(outputs, channels);
        assertThat(RowTiling.writes(layout)).isTrue();
        byte[] rows = new byte[outputs * channels];
        new Random(outputs).nextBytes(rows);
        // The extremes, in all of the first row.
        for (int i = 0; i < channels; i++) {
            rows[i] = i < channels / 2 ? Byte.MAX_VALUE : Byte.MIN_VALUE;
        }
        ByteBuffer to = ByteBuffer.allocateDirect(layout.tiles() * 256);
        int[] sums = RowTiling.tile(ByteBuffer.wrap(rows), outputs, channels, layout, to);
        TiledLayout.Cursor cursor = layout.cursor();
        cursor.seek(0);
        int[] wanted = new int[sums.length];
        for (int tile = 0; tile < layout.tiles(); tile++, cursor.next()) {
            for (int i = 0; i < 256; i++) {
                int output = cursor.output() + i / 4;
                int input = cursor.input() + i % 4;
                byte value = output < outputs && input < channels ? rows[output * channels + input] : 0;
                if (to.get(tile * 256 + i) != value) {
                    assertThat(to.get(tile * 256 + i))
                            .as("%d, %d", output, input)
                            .isEqualTo(value);
                }
                wanted[output] += value;
            }
        }
        assertThat(sums).containsExactly(wanted);
    }

    @Test
    void otherOrdersAreLeftAlone() {
        Digit outputs = new Digit(Axis.OUTPUT, 3, 64);
        Digit inputs = new Digit(Axis.INPUT, 5, 4);
        assertThat(RowTiling.writes(new TiledLayout(List.of(outputs, inputs), 64, 4)))
                .isTrue();
        assertThat(RowTiling.writes(new TiledLayout(List.of(inputs, outputs), 64, 4)))
                .isFalse();
        assertThat(RowTiling.writes(new TiledLayout(List.of(outputs, inputs), 48, 4)))
                .isFalse();
        assertThat(RowTiling.writes(new TiledLayout(List.of(outputs, new Digit(Axis.INPUT, 5, 8)), 64, 8)))
                .isFalse();
        assertThat(RowTiling.writes(new TiledLayout(List.of(outputs, new Digit(Axis.TAP, 9, 1), inputs), 64, 4)))
                .isFalse();
        Digit far = new Digit(Axis.INPUT, 2, 20);
        assertThat(RowTiling.writes(new TiledLayout(List.of(outputs, inputs, far), 64, 4)))
                .isFalse();
    }
}
