package org.mixdq4j.cpu.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.quant.ReferenceConv2d;
import org.mixdq4j.core.quant.ReferenceLinear;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.onednn.OneDnn;

/** Holds a layer against the reference loops: integers exactly, floats within the stated tolerance. */
final class LayerChecks {
    private LayerChecks() {}

    static void linear(LayerCase layer, int rows) {
        int[][] sums = new int[layer.segments.size()][];
        for (int i = 0; i < sums.length; i++) {
            Segment segment = layer.segments.get(i);
            int[] levels = ReferenceLinear.levels(segment, layer.input, rows);
            sums[i] = ReferenceLinear.accumulate(segment, levels, rows);
            Segment unit = LayerCase.unitScales(segment);
            try (OneLayer sum = OneLayer.linear(List.of(unit), Optional.empty(), null, rows)) {
                exactSums(sum, dequantized(unit, levels), sums[i]);
            }
        }
        for (float[] bias : new float[][] {layer.bias, null}) {
            try (OneLayer tested = OneLayer.linear(layer.segments, Optional.empty(), bias, rows)) {
                floats(tested, layer, ReferenceLinear.run(layer.segments, bias, layer.input, rows), sums, 1);
            }
        }
    }

    static void conv(LayerCase layer, Conv2d op, Shape shape) {
        int[][] sums = new int[layer.segments.size()][];
        Shape out = op.outputShape(List.of(shape));
        for (int i = 0; i < sums.length; i++) {
            Segment segment = layer.segments.get(i);
            int[] levels = ReferenceConv2d.levels(segment, layer.input, shape);
            sums[i] = ReferenceConv2d.accumulate(op, segment, levels, shape);
            Segment unit = LayerCase.unitScales(segment);
            Conv2d part = new Conv2d(
                    unit.to(), op.outputs(), op.kernelHeight(), op.kernelWidth(), op.stride(), op.padding(), false);
            try (OneLayer sum = OneLayer.conv(part, List.of(unit), null, shape.with(1, unit.to()))) {
                exactSums(sum, dequantized(unit, levels), sums[i]);
            }
        }
        for (float[] bias : new float[][] {layer.bias, null}) {
            try (OneLayer tested = OneLayer.conv(op, layer.segments, bias, shape)) {
                float[] expected = ReferenceConv2d.run(op, layer.segments, bias, layer.input, shape);
                floats(tested, layer, expected, sums, out.dim(2) * out.dim(3));
            }
        }
    }

    /** With all scales 1 the result must be the sum, rounded to float. */
    private static void exactSums(OneLayer layer, float[] input, int[] sums) {
        float[] expected = new float[sums.length];
        for (int i = 0; i < sums.length; i++) {
            expected[i] = sums[i];
        }
        assertThat(layer.run(input)).as("sums").isEqualTo(expected);
    }

    private static void floats(OneLayer layer, LayerCase data, float[] expected, int[][] sums, int inner) {
        assertThat(layer.slow()).as("runs in loops").isFalse();
        float[] actual = layer.run(data.input);
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            int[] terms = new int[sums.length];
            for (int segment = 0; segment < terms.length; segment++) {
                terms[segment] = sums[segment][i];
            }
            // Where weights are multiplied in two halves, each half's sum is rounded.
            int roundings = OneDnn.get().vnni() ? 1 : 2;
            double tolerance = roundings * data.tolerance(i / inner % data.bias.length, terms);
            double difference = Math.abs((double) actual[i] - expected[i]);
            if (!(difference <= tolerance)) {
                throw new AssertionError("element " + i + ": expected " + expected[i] + ", found " + actual[i]
                        + ", tolerance " + tolerance);
            }
        }
    }

    private static float[] dequantized(Segment unit, int[] levels) {
        float[] values = new float[levels.length];
        for (int i = 0; i < levels.length; i++) {
            values[i] = unit.fixed().dequantize(levels[i]);
        }
        return values;
    }
}
