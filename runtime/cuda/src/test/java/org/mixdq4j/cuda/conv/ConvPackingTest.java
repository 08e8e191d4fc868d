package org.mixdq4j.cuda.conv;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.weights.TapOrder;

/** How weights of convolutions lie on the device. */
class ConvPackingTest {
    private static final int OUTPUTS = 2;
    private static final int CHANNELS = 32;

    private static Tensor weight(int side) {
        Tensor weight = Tensor.zeros(DType.I8, Shape.of(OUTPUTS, CHANNELS, side, side));
        Random random = new Random(side);
        for (int i = 0; i < weight.buffer().capacity(); i++) {
            weight.buffer().put(i, (byte) (random.nextInt(15) - 7));
        }
        return weight;
    }

    @Test
    void channelsOfATapLieBesideEachOther() {
        Tensor weight = weight(3);
        ByteBuffer packed = TapOrder.bytes(weight, 0, CHANNELS);
        for (int output = 0; output < OUTPUTS; output++) {
            for (int tap = 0; tap < 9; tap++) {
                for (int channel = 0; channel < CHANNELS; channel++) {
                    assertThat(packed.get((output * 9 + tap) * CHANNELS + channel))
                            .isEqualTo(weight.buffer().get((output * CHANNELS + channel) * 9 + tap));
                }
            }
        }
    }

    @Test
    void codesOfThirtyTwoChannelsAreSixteenBytes() {
        ByteBuffer codes = TapOrder.bytes(weight(1), 0, CHANNELS);
        ByteBuffer packed = ConvWeights.pack(codes);
        assertThat(packed.capacity()).isEqualTo(codes.capacity() / 2);
        for (int i = 0; i < packed.capacity(); i++) {
            int first = i / 16 * 32 + i % 16;
            // Signed halves of a byte, low first.
            assertThat(packed.get(i) << 28 >> 28).isEqualTo(codes.get(first));
            assertThat(packed.get(i) >> 4).isEqualTo(codes.get(first + 16));
        }
    }

    @Test
    void correctionsLeaveOutTapsThatLieOutside() {
        Tensor weight = weight(3);
        int zeroPoint = 113;
        int[] table = ConvWeights.corrections(weight, zeroPoint);
        assertThat(table).hasSize(16 * OUTPUTS);
        for (int border = 0; border < 16; border++) {
            for (int output = 0; output < OUTPUTS; output++) {
                int wanted = 0;
                for (int row = (border >> 2 & 1); row < 3 - (border >> 3 & 1); row++) {
                    for (int column = (border & 1); column < 3 - (border >> 1 & 1); column++) {
                        for (int channel = 0; channel < CHANNELS; channel++) {
                            wanted += zeroPoint
                                    * weight.buffer().get((output * CHANNELS + channel) * 9 + row * 3 + column);
                        }
                    }
                }
                assertThat(table[border * OUTPUTS + output]).isEqualTo(wanted);
            }
        }
    }

    @Test
    void windowsOfOnePixelHaveOneCorrection() {
        assertThat(ConvWeights.corrections(weight(1), 1)).hasSize(OUTPUTS);
    }
}
