package org.mixdq4j.cpu.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.ReferenceConv2d;
import org.mixdq4j.core.quant.ReferenceLinear;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;

/** Holds a oneDNN layer against the reference loops: integers exactly, floats within the stated tolerance. */
final class LayerChecks {
    private LayerChecks() {}

    static void linear(LayerCase layer, int rows) {
        int features = layer.input.length / rows;
        int[][] sums = new int[layer.segments.size()][];
        for (int i = 0; i < sums.length; i++) {
            Segment segment = layer.segments.get(i);
            int[] levels = ReferenceLinear.levels(segment, layer.input, rows);
            sums[i] = ReferenceLinear.accumulate(segment, levels, rows);
            Segment unit = LayerCase.unitScales(segment);
            try (Int8Linear sum =
                    new Int8Linear(new Linear(unit.to(), layer.bias.length, false), List.of(unit), null, rows, null)) {
                exactSums(sum, dequantized(unit, levels), sums[i]);
            }
        }
        Linear op = new Linear(features, layer.bias.length, true);
        for (float[] bias : new float[][] {layer.bias, null}) {
            try (Int8Linear tested = new Int8Linear(op, layer.segments, bias, rows, null)) {
                float[] expected = ReferenceLinear.run(layer.segments, bias, layer.input, rows);
                floats(tested, layer, expected, sums, 1);
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
            try (Int8Conv2d sum = new Int8Conv2d(part, List.of(unit), null, shape.with(1, unit.to()), null)) {
                exactSums(sum, dequantized(unit, levels), sums[i]);
            }
        }
        for (float[] bias : new float[][] {layer.bias, null}) {
            try (Int8Conv2d tested = new Int8Conv2d(op, layer.segments, bias, shape, null)) {
                float[] expected = ReferenceConv2d.run(op, layer.segments, bias, layer.input, shape);
                floats(tested, layer, expected, sums, out.dim(2) * out.dim(3));
            }
        }
    }

    /** With all scales 1 the float kernel must return the sum as float, and the integer kernel the same number. */
    private static void exactSums(Int8Layer layer, float[] input, int[] sums) {
        float[] expected = new float[sums.length];
        for (int i = 0; i < sums.length; i++) {
            expected[i] = sums[i];
        }
        ByteBuffer out = LayerCase.buffer(new float[sums.length]);
        layer.run(LayerCase.buffer(input), out);
        assertThat(LayerCase.floats(out))
                .as("sums from the float kernel %s", layer.implementation())
                .isEqualTo(expected);
    }

    private static void floats(Int8Layer layer, LayerCase data, float[] expected, int[][] sums, int inner) {
        assertThat(layer.reference()).as(layer.implementation()).isFalse();
        ByteBuffer out = LayerCase.buffer(filled(expected.length));
        layer.run(LayerCase.buffer(data.input), out);
        float[] actual = LayerCase.floats(out);
        try (Workspace workspace = new Workspace();
                ActivationQuantizer quantizer = new ActivationQuantizer(layer.inputShape(), layer.parts(), workspace)) {
            QuantizedActivation levels = quantizer.quantize(LayerCase.buffer(data.input));
            for (int i = 0; i < sums.length; i++) {
                int[] rounded =
                        Arrays.stream(sums[i]).map(sum -> (int) (float) sum).toArray();
                assertThat(layer.accumulate(data.segments.get(i), levels))
                        .as("sums of segment %d", i)
                        .isEqualTo(rounded);
            }
            ByteBuffer again = LayerCase.buffer(filled(expected.length));
            layer.run(levels, again);
            assertThat(LayerCase.floats(again)).as("from quantized input").isEqualTo(actual);
        }
        for (int i = 0; i < expected.length; i++) {
            int index = i;
            int[] terms = Arrays.stream(sums).mapToInt(s -> s[index]).toArray();
            double tolerance = data.tolerance(i / inner % data.bias.length, terms);
            double difference = Math.abs((double) actual[i] - expected[i]);
            if (!(difference <= tolerance)) {
                throw new AssertionError("element " + i + ": expected " + expected[i] + ", found " + actual[i]
                        + ", tolerance " + tolerance + ", " + layer.implementation());
            }
        }
    }

    /** Rubbish that a run must overwrite, not add to. */
    private static float[] filled(int length) {
        float[] rubbish = new float[length];
        Arrays.fill(rubbish, 1e9f);
        return rubbish;
    }

    private static float[] dequantized(Segment unit, int[] levels) {
        float[] values = new float[levels.length];
        for (int i = 0; i < levels.length; i++) {
            values[i] = unit.fixed().dequantize(levels[i]);
        }
        return values;
    }
}
