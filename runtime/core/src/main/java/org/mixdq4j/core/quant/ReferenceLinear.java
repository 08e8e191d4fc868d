package org.mixdq4j.core.quant;

import java.nio.ByteBuffer;
import java.util.List;

/** The definition of an integer Linear, in loops: what every kernel is compared with. See {@link IntegerLayers}. */
public final class ReferenceLinear {
    private ReferenceLinear() {}

    /** Integers of the features {@code segment} reads, row-major [rows, to - from], of {@code input} [rows, features]. */
    public static int[] levels(Segment segment, float[] input, int rows) {
        AffineParams params = segment.activation().orElseThrow();
        int features = input.length / rows;
        int width = segment.to() - segment.from();
        int[] levels = new int[rows * width];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                levels[row * width + i] = params.quantize(input[row * features + segment.from() + i]);
            }
        }
        return levels;
    }

    /** Exact sums [rows, outputs] of one segment. */
    public static int[] accumulate(Segment segment, int[] levels, int rows) {
        int zeroPoint = segment.activation().orElseThrow().zeroPoint();
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
            IntegerLayers.addTo(out, sums, segment, 1, bias, i == 0);
        }
        return out;
    }
}
