package org.mixdq4j.cpu.layer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightCode;
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

    /**
     * Makes all weights integers of random codes.
     *
     * @param group weights that share a multiplier, or 0
     * @param highest whether codes and multipliers are as far from zero as they can be
     */
    LayerCase withCodes(int bits, int group, boolean highest, long seed) {
        Random random = new Random(seed);
        segments.replaceAll(segment -> {
            Tensor weight = Tensor.zeros(DType.I8, segment.weight().shape());
            int outputs = weight.shape().dim(0);
            int width = (int) weight.shape().elements() / outputs;
            byte[] multipliers = new byte[group == 0 ? 0 : outputs * ((width + group - 1) / group)];
            int most = WeightCode.maxMultiplier(bits);
            for (int i = 0; i < multipliers.length; i++) {
                multipliers[i] = (byte) (highest ? most : 1 + random.nextInt(most));
            }
            WeightCode code = new WeightCode(bits, group, multipliers);
            int limit = 1 << bits - 1;
            for (int i = 0; i < outputs * width; i++) {
                int value = highest ? (random.nextBoolean() ? limit - 1 : -limit) : random.nextInt(2 * limit) - limit;
                weight.buffer().put(i, (byte) (value * code.multiplier(i / width, i % width, width)));
            }
            zeroChannel(weight);
            return new Segment(segment.from(), segment.to(), weight, segment.weightScale(), code, segment.activation());
        });
        return this;
    }

    /** Quantizes rows by their own scales. */
    LayerCase perToken(int bits) {
        segments.replaceAll(segment -> new Segment(
                segment.from(),
                segment.to(),
                segment.weight(),
                segment.weightScale(),
                segment.code(),
                Optional.of(new TokenParams(bits))));
        return this;
    }

    /** The same integers, said to be of 8 bits. */
    List<Segment> withoutCodes() {
        return segments.stream()
                .map(s -> new Segment(s.from(), s.to(), s.weight(), s.weightScale(), s.activation()))
                .toList();
    }

    /** Copies with all scales 1, so that the float output is the sum itself, rounded to float. */
    static Segment unitScales(Segment segment) {
        float[] ones = new float[segment.weightScale().length];
        java.util.Arrays.fill(ones, 1f);
        AffineParams params = segment.fixed();
        return new Segment(
                0,
                segment.to() - segment.from(),
                segment.weight(),
                ones,
                segment.code(),
                Optional.of(new AffineParams(1f, params.zeroPoint(), params.bits())));
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
