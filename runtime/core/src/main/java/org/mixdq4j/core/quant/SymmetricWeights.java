package org.mixdq4j.core.quant;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A weight quantized symmetrically with one scale per output channel (MixDQ's weights): with {@code n = 2^(bits-1) - 1},
 *
 * <pre>
 * scale[c] = max|w[c]| / n
 * q = clamp(rint(w / scale[c]), -n - 1, n)
 * </pre>
 *
 * in float32, rounding half to even. A channel of zeros gets scale 1 and zeros, and no other channel is touched by it.
 *
 * <p>With groups, {@code scale[c] = max|w[c]| / (n * M)} for the largest multiplier M, and each group takes the smallest
 * multiplier m with which nothing of it is clipped, or that of the least squared error; {@code q = m * code} with
 * {@code code = clamp(rint(w / (m * scale[c])), -n - 1, n)}.
 *
 * @param integers I8 [outputs, inputs, ...]
 * @param scale width of one step, one per output channel; positive
 * @param code how the integers come from codes of fewer bits
 */
public record SymmetricWeights(Tensor integers, float[] scale, WeightCode code) {
    /** Scales tried per channel by {@link ScaleSearch#LEAST_SQUARES}. */
    public static final int CLIPPING_CANDIDATES = 100;

    private static final double SMALLEST_CLIPPING = 0.5;
    private static final int ERROR_RUN = 16;

    /** Quantizes all of a floating point {@code weight} of [outputs, inputs, ...]. */
    public static SymmetricWeights quantize(Tensor weight, WeightQuant quant, ScaleSearch search) {
        return quantize(weight, 0, weight.shape().dim(1), quant, search);
    }

    /**
     * Quantizes the part of {@code weight} that reads input channels {@code [from, to)}, with scales of that part alone.
     *
     * @throws MixdqException if the weight holds a value that is not finite
     */
    public static SymmetricWeights quantize(Tensor weight, int from, int to, WeightQuant quant, ScaleSearch search) {
        Shape shape = weight.shape();
        if (from < 0 || to > shape.dim(1) || from >= to) {
            throw new IllegalArgumentException("no input channels [" + from + ", " + to + ") in " + weight);
        }
        int outputs = shape.dim(0);
        int taps = Math.toIntExact(shape.elements() / ((long) outputs * shape.dim(1)));
        int width = (to - from) * taps;
        Tensor integers = Tensor.zeros(DType.I8, shape.with(1, to - from));
        ByteBuffer bytes = integers.buffer();
        float[] scale = new float[outputs];
        int perChannel = quant.group() == 0 ? 0 : (width + quant.group() - 1) / quant.group();
        byte[] multipliers = new byte[outputs * perChannel];
        IntStream.range(0, outputs).parallel().forEach(channel -> {
            float[] whole = weight.slice(channel, channel + 1).toFloatArray();
            float[] row = Arrays.copyOfRange(whole, from * taps, from * taps + width);
            byte[] own = new byte[perChannel];
            scale[channel] = channel(row, channel, quant, search, own, bytes.slice(channel * width, width));
            System.arraycopy(own, 0, multipliers, channel * perChannel, perChannel);
        });
        return new SymmetricWeights(integers, scale, new WeightCode(quant.bits(), quant.group(), multipliers));
    }

    /** Quantizes one channel. @param multipliers to fill, one a group. @param out to fill. @return the scale */
    private static float channel(
            float[] row, int channel, WeightQuant quant, ScaleSearch search, byte[] multipliers, ByteBuffer out) {
        int largest = (1 << (quant.bits() - 1)) - 1;
        float max = maxMagnitude(row, channel);
        if (quant.group() == 0) {
            float scale = max == 0
                    ? 1
                    : search == ScaleSearch.MAX_ABS ? scale(max, largest) : leastSquares(row, max, largest);
            for (int i = 0; i < row.length; i++) {
                out.put(i, (byte) level(row[i], scale, largest));
            }
            return scale;
        }
        int most = WeightCode.maxMultiplier(quant.bits());
        float scale = max == 0 ? 1 : scale(max, largest * most);
        for (int g = 0; g < multipliers.length; g++) {
            int start = g * quant.group();
            int end = Math.min(row.length, start + quant.group());
            float[] group = Arrays.copyOfRange(row, start, end);
            int multiplier = multiplier(group, scale, quant.bits(), search);
            multipliers[g] = (byte) multiplier;
            for (int i = start; i < end; i++) {
                out.put(i, (byte) (multiplier * level(row[i], multiplier * scale, largest)));
            }
        }
        return scale;
    }

    /** The multiplier of a group of weights whose channel has this scale. */
    public static int multiplier(float[] group, float scale, int bits, ScaleSearch search) {
        int largest = (1 << (bits - 1)) - 1;
        int most = WeightCode.maxMultiplier(bits);
        return search == ScaleSearch.MAX_ABS
                ? smallestMultiplier(group, scale, largest, most)
                : bestMultiplier(group, scale, largest, most);
    }

    private static int smallestMultiplier(float[] group, float scale, int largest, int most) {
        float max = 0;
        for (float weight : group) {
            max = Math.max(max, Math.abs(weight));
        }
        // A hair less, so that the largest group of a channel gets the largest multiplier and not one more.
        int needed = (int) Math.ceil(max / (largest * scale) - 1e-4);
        return Math.max(1, Math.min(most, needed));
    }

    private static int bestMultiplier(float[] group, float scale, int largest, int most) {
        int best = most;
        double leastError = Double.POSITIVE_INFINITY;
        for (int multiplier = most; multiplier >= 1; multiplier--) {
            double error = squaredError(group, multiplier * scale, largest, leastError);
            if (error < leastError) {
                leastError = error;
                best = multiplier;
            }
        }
        return best;
    }

    /** This weight as the part of a layer that reads input channels {@code [from, from + inputs)}. */
    public Segment segment(int from, Optional<InputQuant> activation) {
        return new Segment(from, from + integers.shape().dim(1), integers, scale, code, activation);
    }

    /** The real values the integers stand for: F32, {@code q * scale[c]}. */
    public Tensor dequantize() {
        return dequantize(integers, scale);
    }

    /** {@code q * scale[c]} for I8 {@code integers} of [outputs, ...]. */
    public static Tensor dequantize(Tensor integers, float[] scale) {
        Tensor out = Tensor.zeros(DType.F32, integers.shape());
        var floats = out.floats();
        ByteBuffer bytes = integers.buffer();
        int width = bytes.capacity() / scale.length;
        for (int i = 0; i < bytes.capacity(); i++) {
            floats.put(i, bytes.get(i) * scale[i / width]);
        }
        return out;
    }

    private static float maxMagnitude(float[] row, int channel) {
        float max = 0;
        for (float weight : row) {
            max = Math.max(max, Math.abs(weight));
        }
        if (!Float.isFinite(max)) {
            throw new MixdqException("a weight holds " + max + " in output channel " + channel
                    + ": finite numbers are expected; the checkpoint is damaged or was saved in too small a type, so"
                    + " fetch or convert it again.");
        }
        return max;
    }

    private static float scale(float max, int largest) {
        return Math.max(max / largest, Float.MIN_NORMAL);
    }

    private static int level(float weight, float scale, int largest) {
        return (int) Math.max(-largest - 1, Math.min(largest, Math.rint(weight / scale)));
    }

    private static float leastSquares(float[] row, float max, int largest) {
        float best = 0;
        double leastError = Double.POSITIVE_INFINITY;
        for (int candidate = 0; candidate < CLIPPING_CANDIDATES; candidate++) {
            double clipping = 1 - (1 - SMALLEST_CLIPPING) * candidate / (CLIPPING_CANDIDATES - 1);
            float scale = scale((float) (max * clipping), largest);
            double error = squaredError(row, scale, largest, leastError);
            if (error < leastError) {
                leastError = error;
                best = scale;
            }
        }
        return best;
    }

    /** Summed squared error of the weights in steps of {@code scale}; at least {@code enough} once it is known to be. */
    private static double squaredError(float[] weights, float scale, int largest, double enough) {
        double error = 0;
        // Tried a hundred times a channel: integers stay doubles, and the sum is looked at after each run only.
        for (int start = 0; start < weights.length && error < enough; start += ERROR_RUN) {
            int end = Math.min(weights.length, start + ERROR_RUN);
            for (int i = start; i < end; i++) {
                double level = Math.rint(weights[i] / scale);
                if (level > largest) {
                    level = largest;
                } else if (level < -largest - 1) {
                    level = -largest - 1;
                }
                double difference = weights[i] - level * scale;
                error += difference * difference;
            }
        }
        return error;
    }
}
