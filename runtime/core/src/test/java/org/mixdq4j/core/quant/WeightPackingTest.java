package org.mixdq4j.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class WeightPackingTest {
    @Test
    void fourBitCodesLieLowHalfFirst() {
        assertThat(WeightPacking.pack(new byte[] {1, -1, 7, -8, 3}, 1, 4)).containsExactly(0xf1, 0x87, 0x03);
    }

    @Test
    void threeBitCodesCrossBytes() {
        // 1, 2, 3 -> 001, 010, 011 from the least significant bit: 0b11_010_001, then 0b0.
        assertThat(WeightPacking.pack(new byte[] {1, 2, 3}, 1, 3)).containsExactly(0b11010001, 0b0);
    }

    @ParameterizedTest
    @CsvSource({"2, 13", "3, 7", "4, 1", "4, 64", "5, 33", "6, 12", "7, 9", "8, 5"})
    void unpackingGivesBackEveryCode(int bits, int width) {
        int rows = 37;
        byte[] codes = codes(bits, rows * width);
        byte[] packed = WeightPacking.pack(codes, rows, bits);
        assertThat(packed).hasSize(rows * WeightPacking.rowBytes(width, bits));
        assertThat(WeightPacking.unpack(ByteBuffer.wrap(packed), rows, width, bits))
                .isEqualTo(codes);
    }

    @ParameterizedTest
    @CsvSource({"2, 16, 0", "4, 32, 16", "4, 50, 16", "6, 40, 32"})
    void integersAreCodesTimesMultipliers(int bits, int width, int group) {
        int outputs = 5;
        int groups = group == 0 ? 0 : (width + group - 1) / group;
        Random random = new Random(3);
        byte[] multipliers = new byte[outputs * groups];
        for (int i = 0; i < multipliers.length; i++) {
            multipliers[i] = (byte) (1 + random.nextInt(WeightCode.maxMultiplier(bits)));
        }
        WeightCode code = new WeightCode(bits, group, multipliers);
        byte[] codes = codes(bits, outputs * width);
        Tensor integers = Tensor.zeros(DType.I8, Shape.of(outputs, width));
        for (int i = 0; i < codes.length; i++) {
            int multiplier = group == 0 ? 1 : Byte.toUnsignedInt(multipliers[i / width * groups + i % width / group]);
            integers.buffer().put(i, (byte) (codes[i] * multiplier));
        }
        assertThat(WeightPacking.codes(integers, code)).isEqualTo(codes);
        WeightPacking.expand(codes, outputs, code);
        byte[] expected = new byte[codes.length];
        integers.buffer().get(0, expected);
        assertThat(codes).isEqualTo(expected);
    }

    @Test
    void anIntegerWithoutACodeIsRefused() {
        Tensor integers = Tensor.zeros(DType.I8, Shape.of(1, 16));
        integers.buffer().put(3, (byte) 8);
        assertThatThrownBy(() -> WeightPacking.codes(integers, WeightCode.plain(4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("8 has no code of 4 bits");
    }

    private static byte[] codes(int bits, int count) {
        Random random = new Random(bits);
        byte[] codes = new byte[count];
        for (int i = 0; i < count; i++) {
            codes[i] = (byte) (random.nextInt(1 << bits) - (1 << bits - 1));
        }
        return codes;
    }
}
