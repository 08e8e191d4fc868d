package org.mixdq4j.core.quant;

import java.nio.ByteBuffer;
import java.util.List;

/** The definition of an integer Linear, in loops: what every kernel is compared with. See {@link IntegerLayers}. */
public final class ReferenceLinear {
    private ReferenceLinear() {}

    /** What a layer with factors of its input channels reads: {@code x[c] * multiplier[c]}. */
    public static float[] multiplied(float[] input, float[] multiplier) {
        float[] out = new float[input.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = input[i] * multiplier[i % multiplier.length];
        }
        return out;
    }

    /** Scales of the rows of {@code input} [rows, features] for a segment that is quantized token by token, else null. */
    public static float[] rowScales(Segment segment, float[] input, int rows) {
        if (!segment.perToken()) {
            return null;
        }
        TokenParams params = (TokenParams) segment.activation().orElseThrow();
        int features = input.length / rows;
        float[] scales = new float[rows];
        for (int row = 0; row < rows; row++) {
            int start = row * features;
            scales[row] = params.scale(TokenParams.largest(input, start + segment.from(), start + segment.to()));
        }
        return scales;
    }

    /** Integers of the features {@code segment} reads, row-major [rows, to - from], of {@code input} [rows, features]. */
    public static int[] levels(Segment segment, float[] input, int rows) {
        float[] scales = rowScales(segment, input, rows);
        int features = input.length / rows;
        int width = segment.to() - segment.from();
        int[] levels = new int[rows * width];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                float x = input[row * features + segment.from() + i];
                levels[row * width + i] = segment.activation().orElseThrow() instanceof TokenParams token
                        ? token.quantize(x, scales[row])
                        : segment.fixed().quantize(x);
            }
        }
        return levels;
    }

    /** Exact sums [rows, outputs] of one segment. */
    public static int[] accumulate(Segment segment, int[] levels, int rows) {
        int zeroPoint = segment.zeroPoint();
        ByteBuffer weight = segment.weight().buffer();
        int outputs = segment.weight().shape().dim(0);
        int width = segment.to() - segment.from();
        int[] sums = new int[rows * outputs];
        for (int row = 0; row < rows; row++) {
            for (int output = 0; output < outputs; output++) {
                int sum = 0;
                for (int i = 0; i < width; i++) {
                    sum += (levels[row * width + i] - zeroPoint) * weight.get(output * width + i);
                }
                sums[row * outputs + output] = sum;
            }
        }
        return sums;
    }

    /**
     * The float output [rows, outputs].
     *
     * @param bias [outputs], or null
     * @param input [rows, features]
     */
    public static float[] run(List<Segment> segments, float[] bias, float[] input, int rows) {
        IntegerLayers.check(segments, input.length / rows, 1);
        float[] out = new float[rows * segments.get(0).weightScale().length];
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            int[] sums = accumulate(segment, levels(segment, input, rows), rows);
            IntegerLayers.addTo(out, sums, rowScales(segment, input, rows), segment, 1, bias, i == 0);
        }
        return out;
    }
}
