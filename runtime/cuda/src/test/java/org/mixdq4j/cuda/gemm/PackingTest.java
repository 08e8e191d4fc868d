package org.mixdq4j.cuda.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class PackingTest {
    private static final int OUTPUTS = 72;
    private static final int INPUTS = 128;

    /** Codes by a formula, times multipliers by another. */
    private static Segment segment(int group) {
        int groups = group == 0 ? 0 : INPUTS / group;
        byte[] multipliers = new byte[OUTPUTS * groups];
        for (int i = 0; i < multipliers.length; i++) {
            multipliers[i] = (byte) ((i / groups * 5 + i % groups * 3) % 16 + 1);
        }
        WeightCode code = new WeightCode(4, group, multipliers);
        Tensor weight = Tensor.zeros(DType.I8, Shape.of(OUTPUTS, INPUTS));
        for (int n = 0; n < OUTPUTS; n++) {
            for (int k = 0; k < INPUTS; k++) {
                int q = (n * 31 + k * 7 + n * k % 13) % 16 - 8;
                weight.buffer().put(n * INPUTS + k, (byte) (q * code.multiplier(n, k, INPUTS)));
            }
        }
        return new Segment(0, INPUTS, weight, new float[OUTPUTS], code, Optional.of(new AffineParams(.1f, 7, 8)));
    }

    private static long crc(ByteBuffer bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes.duplicate());
        return crc.getValue();
    }

    /** Sums over what another program packed from the same formulas, whose order was checked on a GPU. */
    @Test
    void packsCodesAndMultipliersAsTheKernelsWereCheckedWith() {
        int[] order = Packing.plain(OUTPUTS);
        ByteBuffer plain = Packing.codes(segment(0), order);
        assertThat(plain.remaining()).isEqualTo(2 * 2 * 2048);
        assertThat(crc(plain)).isEqualTo(1324465135L);
        assertThat(crc(Packing.multipliers(segment(32), order))).isEqualTo(781665397L);
        // The empty outputs of the last block differ: they are never read.
        ByteBuffer grouped = Packing.codes(segment(32), order);
        assertThat(crc(grouped.slice(0, 2 * 2048))).isEqualTo(1011597086L);
    }

    @Test
    void putsGatesBesideTheirValues() {
        assertThat(Packing.geGlu(16)).containsExactly(0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15);
    }

    @Test
    void sumsRowsInTheOrderOfRows() {
        int[] order = Packing.geGlu(OUTPUTS);
        ByteBuffer corrections = Packing.corrections(segment(0), order, 16);
        Tensor weight = segment(0).weight();
        for (int row = 0; row < OUTPUTS; row++) {
            int sum = 0;
            for (int k = 0; k < INPUTS; k++) {
                sum += weight.buffer().get(order[row] * INPUTS + k);
            }
            assertThat(corrections.getInt(row * Integer.BYTES)).isEqualTo(7 * 16 * sum);
        }
    }

    @Test
    void keepsIntegersThatNoCodesStandFor() {
        Segment plain = segment(0);
        Segment groupsOf16 = new Segment(
                0,
                INPUTS,
                plain.weight(),
                plain.weightScale(),
                new WeightCode(4, 16, filled(OUTPUTS * 8)),
                plain.activation());
        assertThat(Form.of(groupsOf16)).isEqualTo(new Form(Form.BYTES, 8, 0));
        assertThat(Form.of(plain)).isEqualTo(new Form(Form.BYTES, 4, 0));
        assertThat(Form.of(segment(32)).groups(INPUTS)).isEqualTo(4);
    }

    private static byte[] filled(int count) {
        byte[] ones = new byte[count];
        java.util.Arrays.fill(ones, (byte) 1);
        return ones;
    }

    @Test
    void roundsFloatsToHalvesAndSaysWhatDoesNotFit() {
        Tensor weight = Tensor.of(Shape.of(2, 2), 1.0001f, -3, 1e5f, .5f);
        ByteBuffer brain = Packing.direct(12);
        Packing.halves("layer", weight, new int[] {1, 0}, 2, brain, 1);
        assertThat(HalfFloats.fromBf16(brain.getShort(4))).isEqualTo(99840f);
        assertThat(HalfFloats.fromBf16(brain.getShort(10))).isEqualTo(-3f);
        assertThatThrownBy(() -> Packing.halves("layer", weight, new int[] {0, 1}, 1, Packing.direct(8), 0))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("layer");
    }
}
