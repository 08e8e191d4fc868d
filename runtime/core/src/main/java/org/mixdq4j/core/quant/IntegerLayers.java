package org.mixdq4j.core.quant;

import java.util.List;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.DType;

/**
 * What the integer forms of Linear and Conv2d have in common.
 *
 * <p>For one segment, {@code acc = sum over valid taps of (q_a - zeroPoint) * q_w}, an exact 32-bit integer; a tap in the
 * border of a convolution counts as real zero, so it adds nothing. The float output, every step rounded to float32 and
 * none fused, is
 *
 * <pre>
 * s_i[c] = scale_a_i * scale_w_i[c]
 * y = (float) acc_0 * s_0[c]
 * y = y + bias[c]                       if there is a bias
 * y = y + (float) acc_i * s_i[c]        for segments i = 1, 2, ... in order
 * </pre>
 *
 * <p>Where the input is quantized token by token, {@code s_i[c] = scale_w_i[c]} and each {@code (float) acc_i * s_i[c]} is
 * then multiplied by the scale of the row it is of ({@link TokenParams}), before anything is added.
 *
 * <p>Integer kernels must give the same {@code acc}; their {@code y} may differ by the roundings of the last steps, that
 * is by two units in the last place of the largest term for each segment.
 */
public final class IntegerLayers {
    /**
     * Most products one output may add up: each is at most 255 * 128 in magnitude, so that many cannot overflow 32 bits.
     */
    public static final int MAX_PRODUCTS = Integer.MAX_VALUE / (255 * 128);

    private IntegerLayers() {}

    /**
     * @throws MixdqException if a sum could overflow 32 bits
     * @throws IllegalArgumentException if {@code segments} are not integer, or do not cover {@code inputs} channels
     */
    public static void check(List<Segment> segments, int inputs, int tapsPerChannel) {
        int next = 0;
        for (Segment segment : segments) {
            if (!segment.integerWeight()
                    || segment.activation().isEmpty()
                    || segment.weight().dtype() != DType.I8
                    || segment.weight().shape().dim(1) != segment.to() - segment.from()
                    || segment.weightScale().length != segment.weight().shape().dim(0)
                    || segment.from() != next) {
                throw new IllegalArgumentException("not an integer segment from input channel " + next + ": ["
                        + segment.from() + ", " + segment.to() + ") with weight " + segment.weight());
            }
            next = segment.to();
            long products = (long) (segment.to() - segment.from()) * tapsPerChannel;
            if (products > MAX_PRODUCTS) {
                throw new MixdqException(
                        "an output that adds up " + products + " products of 8-bit integers was found, at most "
                                + MAX_PRODUCTS + " fit 32 bits: split the layer's input, or leave the layer in float.");
            }
        }
        if (next != inputs) {
            throw new IllegalArgumentException("segments cover " + next + " of " + inputs + " input channels");
        }
    }

    /**
     * The factor from an integer sum of output channel {@code output} to real units, or, where the input is quantized token
     * by token, to units of the row's scale.
     */
    public static float outputScale(Segment segment, int output) {
        float weight = segment.weightScale()[output];
        return segment.perToken() ? weight : segment.fixed().scale() * weight;
    }

    /** {@link #outputScale} of all output channels. */
    public static float[] outputScales(Segment segment) {
        float[] scales = new float[segment.weightScale().length];
        for (int output = 0; output < scales.length; output++) {
            scales[output] = outputScale(segment, output);
        }
        return scales;
    }

    /**
     * Adds one segment to the output.
     *
     * @param sums exact integers, row-major, whose channel axis has {@code inner} elements per channel after it
     * @param rowScales one an entry of the axes before the channels, where they have scales of their own; or null
     * @param bias one per output channel, or null
     * @param first whether {@code out} is overwritten and the bias added
     */
    static void addTo(
            float[] out, int[] sums, float[] rowScales, Segment segment, int inner, float[] bias, boolean first) {
        int outputs = segment.weightScale().length;
        for (int i = 0; i < sums.length; i++) {
            int channel = i / inner % outputs;
            float term = sums[i] * outputScale(segment, channel);
            if (rowScales != null) {
                term *= rowScales[i / inner / outputs];
            }
            if (!first) {
                out[i] += term;
            } else {
                out[i] = bias == null ? term : term + bias[channel];
            }
        }
    }
}
