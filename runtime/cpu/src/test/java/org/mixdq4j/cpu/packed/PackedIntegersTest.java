package org.mixdq4j.cpu.packed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PackedIntegersTest {
    private static final byte GUARD = 77;

    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {2, 3, 4, 5, 6, 7})
    void expandToWhatWasPacked(int bits) {
        Random random = new Random(bits);
        for (int count : new int[] {1, 7, 8, 9, 4095, 4096, 4097, 50_003, 1_200_001}) {
            ByteBuffer codes = ByteBuffer.allocateDirect(count);
            for (int i = 0; i < count; i++) {
                codes.put(i, (byte) (random.nextInt(1 << bits) - (1 << bits - 1)));
            }
            PackedIntegers packed = pack(codes, bits, Multipliers.NONE);
            assertThat(expand(packed, count)).as("%d integers", count).isEqualTo(codes);
            assertThat(packed.bytes()).isBetween((long) count * bits / 8, (long) count * bits / 8 + 512L * bits);
        }
    }

    record Rows(int bits, int rows, int width, int group) {}

    static Stream<Rows> rows() {
        List<Rows> cases = new ArrayList<>();
        for (int bits = 2; bits < 8; bits++) {
            for (int group : new int[] {16, 20, 64, 1000}) {
                cases.add(new Rows(bits, 13, 801, group));
                cases.add(new Rows(bits, 70, 9, group));
            }
            cases.add(new Rows(bits, 1100, 1000, 64));
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void multiplyRowsByTheirGroups(Rows c) {
        Random random = new Random(c.hashCode());
        int groups = (c.width + c.group - 1) / c.group;
        ByteBuffer multipliers = ByteBuffer.allocate(c.rows * groups);
        for (int i = 0; i < multipliers.capacity(); i++) {
            multipliers.put(i, (byte) (1 + random.nextInt(1 << 8 - c.bits)));
        }
        ByteBuffer integers = ByteBuffer.allocateDirect(c.rows * c.width);
        for (int i = 0; i < integers.capacity(); i++) {
            int multiplier = multipliers.get(i / c.width * groups + i % c.width / c.group);
            integers.put(i, (byte) (multiplier * (random.nextInt(1 << c.bits) - (1 << c.bits - 1))));
        }
        RowMultipliers rows = new RowMultipliers(multipliers, c.rows, c.width, c.group);
        assertThat(expand(pack(integers, c.bits, rows), integers.capacity())).isEqualTo(integers);
    }

    @Test
    void integersThatAreNoCodesAreNotPacked() {
        ByteBuffer multipliers = ByteBuffer.wrap(new byte[] {3, 2});
        RowMultipliers rows = new RowMultipliers(multipliers, 2, 16, 16);
        for (int[] bad : new int[][] {{5, 4}, {20, 3}, {0, 24}, {0, -27}, {16, 16}}) {
            ByteBuffer integers = ByteBuffer.allocateDirect(32);
            integers.put(bad[0], (byte) bad[1]);
            assertThat(PackedIntegers.pack(integers, 4, rows, ByteBuffer::allocateDirect))
                    .as("%d at %d", bad[1], bad[0])
                    .isEmpty();
        }
    }

    private static PackedIntegers pack(ByteBuffer integers, int bits, Multipliers multipliers) {
        return PackedIntegers.pack(integers, bits, multipliers, ByteBuffer::allocateDirect)
                .orElseThrow();
    }

    /** Into rubbish, of which nothing past the end may change. */
    private static ByteBuffer expand(PackedIntegers packed, int count) {
        ByteBuffer out = ByteBuffer.allocateDirect(count + 11);
        IntStream.range(0, out.capacity()).forEach(i -> out.put(i, GUARD));
        packed.expand(out.slice(3, count));
        assertThat(out.get(2)).isEqualTo(GUARD);
        assertThat(out.get(count + 3)).isEqualTo(GUARD);
        return out.slice(3, count);
    }
}
