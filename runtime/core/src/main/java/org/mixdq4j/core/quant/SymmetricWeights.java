package org.mixdq4j.core.quant;

import java.nio.ByteBuffer;
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
 * @param integers I8 [outputs, inputs, ...]
 * @param scale width of one step, one per output channel; positive
 */
public record SymmetricWeights(Tensor integers, float[] scale) {
    /** Scales tried per channel by {@link ScaleSearch#LEAST_SQUARES}. */
    public static final int CLIPPING_CANDIDATES = 100;

    private static final double SMALLEST_CLIPPING = 0.5;

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
        int largest = (1 << (quant.bits() - 1)) - 1;
        Tensor integers = Tensor.zeros(DType.I8, shape.with(1, to - from));
        ByteBuffer bytes = integers.buffer();
        float[] scale = new float[outputs];
        IntStream.range(0, outputs).parallel().forEach(channel -> {
            float[] row = weight.slice(channel, channel + 1).toFloatArray();
            float max = maxMagnitude(row, from * taps, width, channel);
            scale[channel] = max == 0
                    ? 1
                    : search == ScaleSearch.MAX_ABS
                            ? scale(max, largest)
                            : leastSquares(row, from * taps, width, max, largest);
            for (int i = 0; i < width; i++) {
                bytes.put(channel * width + i, (byte) level(row[from * taps + i], scale[channel], largest));
            }
        });
        return new SymmetricWeights(integers, scale);
    }

    /** This weight as the part of a layer that reads input channels {@code [from, from + inputs)}. */
    public Segment segment(int from, Optional<AffineParams> activation) {
        return new Segment(from, from + integers.shape().dim(1), integers, scale, activation);
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

    private static float maxMagnitude(float[] row, int offset, int width, int channel) {
        float max = 0;
        for (int i = offset; i < offset + width; i++) {
            max = Math.max(max, Math.abs(row[i]));
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

    private static float leastSquares(float[] row, int offset, int width, float max, int largest) {
        float best = 0;
        double leastError = Double.POSITIVE_INFINITY;
        for (int candidate = 0; candidate < CLIPPING_CANDIDATES; candidate++) {
            double clipping = 1 - (1 - SMALLEST_CLIPPING) * candidate / (CLIPPING_CANDIDATES - 1);
            float scale = scale((float) (max * clipping), largest);
            double error = 0;
            for (int i = offset; i < offset + width && error < leastError; i++) {
                double difference = row[i] - (double) level(row[i], scale, largest) * scale;
                error += difference * difference;
            }
            if (error < leastError) {
                leastError = error;
                best = scale;
            }
        }
        return best;
    }
}
