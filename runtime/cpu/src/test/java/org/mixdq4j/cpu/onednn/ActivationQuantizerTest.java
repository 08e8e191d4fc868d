package org.mixdq4j.cpu.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.Shape;

/** The integers must be those of {@link AffineParams#quantize}, each one. */
class ActivationQuantizerTest {
    private static final float[] EXTREMES = {
        1e30f,
        -1e30f,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.NaN,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        1e-39f,
        0f,
        -0f,
        3e9f,
        -3e9f,
        0x1p31f,
        -0x1p31f
    };

    static Stream<AffineParams> params() {
        return Stream.of(
                new AffineParams(0.037f, 131, 8),
                new AffineParams(1f, 0, 8),
                new AffineParams(1f / 3, 128, 8),
                new AffineParams(0.00731f, 255, 8),
                new AffineParams(13.7f, 77, 8),
                new AffineParams(AffineParams.MIN_SCALE, 3, 8),
                new AffineParams(0.25f, 9, 4),
                new AffineParams(0.7f, 1, 2));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("params")
    void rowsAreExact(AffineParams params) {
        Shape shape = Shape.of(1000, 521);
        float[] input = values(params, (int) shape.elements(), 17);
        try (Workspace workspace = new Workspace();
                ActivationQuantizer quantizer = new ActivationQuantizer(shape, whole(shape, params), workspace)) {
            ByteBuffer levels = quantizer.quantize(LayerCase.buffer(input)).levels(0);

            assertSame(params, input, levels, i -> i);
            assertThat(quantizer.implementation()).doesNotContain("ref");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("params")
    void imagesAreExactAndComeOutWithChannelsLast(AffineParams params) {
        Shape shape = Shape.of(2, 33, 64, 128);
        float[] input = values(params, (int) shape.elements(), 18);
        int plane = 64 * 128;
        try (Workspace workspace = new Workspace();
                ActivationQuantizer quantizer = new ActivationQuantizer(shape, whole(shape, params), workspace)) {
            ByteBuffer levels = quantizer.quantize(LayerCase.buffer(input)).levels(0);

            assertSame(params, input, levels, i -> {
                int pixel = i / 33;
                return (pixel / plane * 33 + i % 33) * plane + pixel % plane;
            });
        }
    }

    @Test
    void partsReadTheirOwnChannelsWithTheirOwnParameters() {
        Shape shape = Shape.of(2, 7, 3, 5);
        AffineParams first = new AffineParams(0.1f, 200, 8);
        AffineParams second = new AffineParams(0.5f, 3, 4);
        List<QuantizedActivation.Part> parts =
                List.of(new QuantizedActivation.Part(0, 4, first), new QuantizedActivation.Part(4, 7, second));
        float[] input = values(first, (int) shape.elements(), 19);
        try (Workspace workspace = new Workspace();
                ActivationQuantizer quantizer = new ActivationQuantizer(shape, parts, workspace)) {
            QuantizedActivation levels = quantizer.quantize(LayerCase.buffer(input));

            assertSame(first, input, levels.levels(0), i -> i / 4 / 15 * 105 + i % 4 * 15 + i / 4 % 15);
            assertSame(second, input, levels.levels(1), i -> i / 3 / 15 * 105 + (4 + i % 3) * 15 + i / 3 % 15);
        }
    }

    @Test
    void aSecondRunReplacesTheFirst() {
        Shape shape = Shape.of(3, 5);
        AffineParams params = new AffineParams(1f, 10, 8);
        try (Workspace workspace = new Workspace();
                ActivationQuantizer quantizer = new ActivationQuantizer(shape, whole(shape, params), workspace)) {
            quantizer.quantize(LayerCase.buffer(values(params, 15, 1)));
            float[] input = values(params, 15, 2);

            assertSame(
                    params, input, quantizer.quantize(LayerCase.buffer(input)).levels(0), i -> i);
        }
    }

    private interface Position {
        int of(int level);
    }

    private static void assertSame(AffineParams params, float[] input, ByteBuffer levels, Position position) {
        for (int i = 0; i < levels.capacity(); i++) {
            float x = input[position.of(i)];
            int level = levels.get(i) & 0xff;
            if (level != params.quantize(x)) {
                throw new AssertionError(
                        "integer " + i + " of " + x + " is " + level + ", expected " + params.quantize(x));
            }
        }
    }

    /** Three in eight within two units in the last place of a tie, one extreme, one random bit pattern. */
    private static float[] values(AffineParams params, int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = switch (i % 8) {
                case 0, 1, 2 -> nearTie(params, random);
                case 3 -> Float.intBitsToFloat(random.nextInt());
                case 4 -> EXTREMES[random.nextInt(EXTREMES.length)];
                case 5 -> (float) (random.nextGaussian() * params.scale() * 1e3);
                default -> (float)
                        ((random.nextDouble() * 1.2 * params.maxLevel() - params.zeroPoint()) * params.scale());
            };
        }
        return values;
    }

    private static float nearTie(AffineParams params, Random random) {
        double level = random.nextInt(params.maxLevel() + 20) - 10 + 0.5;
        float value = (float) ((level - params.zeroPoint()) / params.inverseScale());
        for (int steps = random.nextInt(5) - 2; steps != 0; steps -= Integer.signum(steps)) {
            value = steps > 0 ? Math.nextUp(value) : Math.nextDown(value);
        }
        return value;
    }

    private static List<QuantizedActivation.Part> whole(Shape shape, AffineParams params) {
        return List.of(new QuantizedActivation.Part(0, shape.dim(1), params));
    }
}
