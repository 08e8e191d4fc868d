package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.random.TorchRandom;

/** {@link TorchRandom} against PyTorch's own CPU generator, whose logarithm and sines differ by units in the last place. */
class TorchRandomTest {
    private static final int[] BLOCK_SIZES = {16, 17, 64, 100, 576, 1000, 16384};
    private static final int[] SHORT_SIZES = {1, 2, 3, 15};
    private static final double TOLERANCE = 2e-6;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {0, 7, 42, 0xffffffffL, 0x1_0000_0005L, 0x7ead_beef_1234_5678L})
    void everyDrawOfEverySizeIsTorchs(long seed) {
        for (int size : BLOCK_SIZES) {
            assertSameDraws(seed, size, size);
            assertSameDraws(seed, size, 100);
        }
        for (int size : SHORT_SIZES) {
            assertSameDraws(seed, size, size, 64, size);
        }
    }

    private static void assertSameDraws(long seed, int... sizes) {
        Engine engine = Engine.getEngine("PyTorch");
        engine.setRandomSeed((int) seed);
        TorchRandom random = new TorchRandom(seed);
        try (NDManager manager = engine.newBaseManager()) {
            for (int size : sizes) {
                float[] expected = manager.randomNormal(0f, 1f, new Shape(size), DataType.FLOAT32)
                        .toFloatArray();
                float[] found = random.normal(size);
                double worst = 0;
                for (int i = 0; i < size; i++) {
                    worst = Math.max(worst, Math.abs((double) found[i] - expected[i]));
                }
                assertThat(worst).as(size + " values of seed " + seed).isLessThanOrEqualTo(TOLERANCE);
            }
        }
    }
}
