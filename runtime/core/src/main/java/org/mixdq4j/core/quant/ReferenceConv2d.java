package org.mixdq4j.core.quant;

import java.nio.ByteBuffer;
import java.util.List;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.tensor.Shape;

/** The definition of an integer Conv2d, in loops: what every kernel is compared with. See {@link IntegerLayers}. */
public final class ReferenceConv2d {
    private ReferenceConv2d() {}

    /** Integers of the channels {@code segment} reads, [B, to - from, H, W], of {@code input} of {@code shape} [B, C, H, W]. */
    public static int[] levels(Segment segment, float[] input, Shape shape) {
        AffineParams params = segment.fixed();
        int plane = shape.dim(2) * shape.dim(3);
        int width = (segment.to() - segment.from()) * plane;
        int[] levels = new int[shape.dim(0) * width];
        for (int image = 0; image < shape.dim(0); image++) {
            int start = (image * shape.dim(1) + segment.from()) * plane;
            for (int i = 0; i < width; i++) {
                levels[image * width + i] = params.quantize(input[start + i]);
            }
        }
        return levels;
    }

    /**
     * Exact sums [B, outputs, H', W'] of one segment.
     *
     * @param levels as {@link #levels} gives them
     * @param shape of the whole input, [B, C, H, W]
     */
    public static int[] accumulate(Conv2d op, Segment segment, int[] levels, Shape shape) {
        int zeroPoint = segment.fixed().zeroPoint();
        ByteBuffer weight = segment.weight().buffer();
        Shape out = op.outputShape(List.of(shape));
        int channels = segment.to() - segment.from();
        int height = shape.dim(2);
        int width = shape.dim(3);
        int[] sums = new int[Math.toIntExact(out.elements())];
        int index = 0;
        for (int image = 0; image < out.dim(0); image++) {
            for (int output = 0; output < op.outputs(); output++) {
                for (int top = -op.padding().top(), y = 0; y < out.dim(2); y++, top += op.stride()) {
                    for (int left = -op.padding().left(), x = 0; x < out.dim(3); x++, left += op.stride()) {
                        int sum = 0;
                        for (int channel = 0; channel < channels; channel++) {
                            for (int ky = Math.max(0, -top); ky < op.kernelHeight() && top + ky < height; ky++) {
                                int row = ((image * channels + channel) * height + top + ky) * width;
                                int tap = ((output * channels + channel) * op.kernelHeight() + ky) * op.kernelWidth();
                                for (int kx = Math.max(0, -left); kx < op.kernelWidth() && left + kx < width; kx++) {
                                    sum += (levels[row + left + kx] - zeroPoint) * weight.get(tap + kx);
                                }
                            }
                        }
                        sums[index++] = sum;
                    }
                }
            }
        }
        return sums;
    }

    /**
     * The float output [B, outputs, H', W'].
     *
     * @param bias [outputs], or null
     * @param input of {@code shape} [B, C, H, W]
     */
    public static float[] run(Conv2d op, List<Segment> segments, float[] bias, float[] input, Shape shape) {
        IntegerLayers.check(segments, op.inputs(), op.kernelHeight() * op.kernelWidth());
        Shape outShape = op.outputShape(List.of(shape));
        float[] out = new float[Math.toIntExact(outShape.elements())];
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            int[] sums = accumulate(op, segment, levels(segment, input, shape), shape);
            IntegerLayers.addTo(out, sums, null, segment, outShape.dim(2) * outShape.dim(3), bias, i == 0);
        }
        return out;
    }
}
