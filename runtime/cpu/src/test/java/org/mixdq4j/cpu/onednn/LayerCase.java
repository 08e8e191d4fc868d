package org.mixdq4j.cpu.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Weights, parameters and inputs of a layer under test, made from a seed. */
final class LayerCase {
    /** What the integers look like. */
    enum Fill {
        RANDOM,
        /** Every weight 127, every input at the top of its range. */
        HIGHEST,
        /** Every weight -128, every input at the bottom of its range. */
        LOWEST,
        /** Weights 127 and -127, inputs at either end. */
        ENDS
    }

    final List<Segment> segments = new ArrayList<>();
    final float[] bias;
    final float[] input;

    /**
     * @param widths input channels of each segment
     * @param kernel empty for a Linear, else kernel height and width
     * @param zeroPoints one for each segment, or fewer to repeat the last
     */
    LayerCase(long seed, int outputs, int[] widths, int[] kernel, int[] zeroPoints, int bits, Fill fill, int elements) {
        Random random = new Random(seed);
        int from = 0;
        for (int i = 0; i < widths.length; i++) {
            AffineParams params = new AffineParams(
                    0.01f + random.nextFloat(),
                    Math.min(zeroPoints[Math.min(i, zeroPoints.length - 1)], (1 << bits) - 1),
                    bits);
            Shape shape = kernel.length == 0
                    ? Shape.of(outputs, widths[i])
                    : Shape.of(outputs, widths[i], kernel[0], kernel[1]);
            segments.add(new Segment(
                    from,
                    from + widths[i],
                    weights(shape, fill, random),
                    scales(outputs, random),
                    Optional.of(params)));
            from += widths[i];
        }
        zeroChannel(segments.get(0).weight());
        bias = new float[outputs];
        for (int i = 0; i < outputs; i++) {
            bias[i] = (float) (100 * random.nextGaussian());
        }
        input = new float[elements];
        for (int i = 0; i < elements; i++) {
            input[i] = switch (fill) {
                case RANDOM -> (float) (60 * random.nextGaussian());
                case HIGHEST -> 1e6f;
                case LOWEST -> -1e6f;
                case ENDS -> random.nextBoolean() ? 1e6f : -1e6f;
            };
        }
    }

    /** Copies with all scales 1, so that the float output is the sum itself, rounded to float. */
    static Segment unitScales(Segment segment) {
        float[] ones = new float[segment.weightScale().length];
        java.util.Arrays.fill(ones, 1f);
        AffineParams params = segment.activation().orElseThrow();
        return new Segment(
                0,
                segment.to() - segment.from(),
                segment.weight(),
                ones,
                Optional.of(new AffineParams(1f, params.zeroPoint(), params.bits())));
    }

    /** {@code values} in a direct little-endian buffer, at a position that is not 0. */
    static ByteBuffer buffer(float[] values) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(4 * values.length + 12).order(ByteOrder.LITTLE_ENDIAN);
        buffer.position(12);
        buffer.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
        return buffer;
    }

    static float[] floats(ByteBuffer buffer) {
        float[] values = new float[buffer.remaining() / 4];
        buffer.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    /**
     * Two units in the last place of the largest term, for each segment: the freedom of {@link IntegerLayers}.
     *
     * @param sums exact sums of each segment at one output
     */
    double tolerance(int channel, int... sums) {
        float largest = Math.abs(bias[channel]);
        for (int i = 0; i < sums.length; i++) {
            largest = Math.max(largest, Math.abs(sums[i] * IntegerLayers.outputScale(segments.get(i), channel)));
        }
        return 2.0 * sums.length * Math.ulp(largest);
    }

    private static Tensor weights(Shape shape, Fill fill, Random random) {
        Tensor weight = Tensor.zeros(DType.I8, shape);
        ByteBuffer bytes = weight.buffer();
        while (bytes.hasRemaining()) {
            bytes.put((byte)
                    switch (fill) {
                        case RANDOM -> random.nextInt(256) - 128;
                        case HIGHEST -> 127;
                        case LOWEST -> -128;
                        case ENDS -> random.nextBoolean() ? 127 : -127;
                    });
        }
        return weight;
    }

    private static void zeroChannel(Tensor weight) {
        int outputs = weight.shape().dim(0);
        if (outputs > 2) {
            ByteBuffer last = weight.slice(outputs - 1, outputs).buffer();
            while (last.hasRemaining()) {
                last.put((byte) 0);
            }
        }
    }

    private static float[] scales(int outputs, Random random) {
        float[] scale = new float[outputs];
        for (int i = 0; i < outputs; i++) {
            scale[i] = (float) Math.exp(random.nextGaussian() - 5);
        }
        return scale;
    }
}
