package org.mixdq4j.core.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class RotationTest {
    private static final double[][] H4 = {{1, 1, 1, -1}, {1, 1, -1, 1}, {1, -1, 1, 1}, {-1, 1, 1, 1}};

    /** H_4n = H_n (x) H_4, by its definition. */
    private static double[][] hadamard(int size) {
        if (size == 4) {
            return H4;
        }
        double[][] smaller = hadamard(size / 4);
        double[][] all = new double[size][size];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                all[i][j] = smaller[i / 4][j / 4] * H4[i % 4][j % 4];
            }
        }
        return all;
    }

    private static float[] values(int count, long seed) {
        Random random = new Random(seed);
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 16, 64, 256, 1024})
    void runsAreMultipliedByTheRegularHadamardMatrix(int size) {
        float[] x = values(3 * size, size);
        float[] rotated = x.clone();
        Rotation.apply(rotated, size, 3 * size, size);

        double[][] matrix = hadamard(size);
        for (int i = 0; i < size; i++) {
            assertThat(rotated[i]).as("before the first").isEqualTo(x[i]);
        }
        for (int run = 1; run < 3; run++) {
            for (int j = 0; j < size; j++) {
                double sum = 0;
                for (int i = 0; i < size; i++) {
                    sum += x[run * size + i] * matrix[i][j];
                }
                assertThat((double) rotated[run * size + j]).isCloseTo(sum / Math.sqrt(size), within(1e-5));
            }
        }
    }

    @Test
    void theOrderOfSumsIsThatOfTheFormula() {
        float[] x = {1e8f, 1, 1, -1e8f};
        Rotation.apply(x, 0, 4, 4);

        // 1e8 + 1 is 1e8 in float32: another order would keep a one.
        assertThat(x)
                .containsExactly(
                        (1e8f + 1 + (1 + 1e8f)) / 2, 0, (1e8f - 1 + (1 - 1e8f)) / 2, (1 - 1e8f - (1e8f - 1)) / 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 64, 256})
    void twiceIsNothingAndProductsStay(int size) {
        float[] x = values(256, 1);
        Tensor weight = Tensor.of(Shape.of(1, 256), values(256, 2));
        float[] rotated = x.clone();
        Rotation.apply(rotated, 0, 256, size);
        float[] w = Rotation.ofWeights(weight, size).toFloatArray();
        double exact = 0;
        double product = 0;
        for (int i = 0; i < 256; i++) {
            exact += (double) x[i] * weight.floats().get(i);
            product += (double) rotated[i] * w[i];
        }
        assertThat(product).isCloseTo(exact, within(1e-4));

        Rotation.apply(rotated, 0, 256, size);
        for (int i = 0; i < 256; i++) {
            assertThat(rotated[i]).isCloseTo(x[i], within(1e-5f));
        }
    }

    @Test
    void onlyPowersOfFourAreSizes() {
        assertThat(List.of(4, 16, 64, 256, 1024, 4096)).allMatch(Rotation::isSize);
        assertThat(List.of(-4, 0, 1, 2, 8, 32, 48, 128, 16384)).noneMatch(Rotation::isSize);
        assertThat(Rotation.ofWeights(Tensor.of(Shape.of(1, 2), 1, 2), Rotation.NONE)
                        .toFloatArray())
                .containsExactly(1, 2);
        assertThatThrownBy(() -> Rotation.apply(new float[24], 0, 24, 16)).hasMessageContaining("24");
        assertThatThrownBy(() -> new LayerQuant(Optional.empty(), Optional.empty(), List.of(), false).rotated(32))
                .hasMessageContaining("32");
    }

    @Test
    void noRunReachesOverTheBoundsOfASegment() {
        Segment first = new Segment(0, 24, Tensor.of(Shape.of(1, 24), new float[24]), null, Optional.empty());
        Segment second = new Segment(24, 32, Tensor.of(Shape.of(1, 8), new float[8]), null, Optional.empty());

        assertThat(Rotation.fits(List.of(0, 24, 32), 16)).isFalse();
        assertThat(Rotation.fits(List.of(0, 16, 32), 16)).isTrue();
        assertThatThrownBy(
                        () -> new QuantizedLayer(List.of(first, second), Optional.empty(), false, Optional.empty(), 16))
                .hasMessageContaining("16");
    }

    @Test
    void factorsComeFirst() {
        Segment all = new Segment(0, 4, Tensor.of(Shape.of(1, 4), new float[4]), null, Optional.empty());
        QuantizedLayer layer =
                new QuantizedLayer(List.of(all), Optional.empty(), false, Optional.of(new float[] {2, 1, 1, 1}), 4);

        assertThat(layer.readsAsIs()).isFalse();
        assertThat(layer.read(new float[] {1, 0, 0, 0, 0, 0, 0, 4})).containsExactly(1, 1, 1, -1, -2, 2, 2, 2);
    }
}
