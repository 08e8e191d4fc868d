package org.mixdq4j.core.quantize.balance;

import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Tensor;

/** What quantizing a Linear changes of its output for some inputs; biases do not matter. */
final class OutputError {
    private final InputVectors inputs;
    private final float[][] exact;
    private final double power;

    /** @param weight the layer's own, [outputs, inputs] */
    OutputError(InputVectors inputs, Tensor weight) {
        this.inputs = inputs;
        float[][] x = inputs.byChannel();
        int outputs = weight.shape().dim(0);
        this.exact = new float[outputs][];
        double[] squares = new double[outputs];
        IntStream.range(0, outputs).parallel().forEach(output -> {
            exact[output] = product(weight.slice(output, output + 1).toFloatArray(), x, inputs.count());
            for (float value : exact[output]) {
                squares[output] += (double) value * value;
            }
        });
        this.power = sum(squares);
    }

    /** Summed squares of the exact output. */
    double power() {
        return power;
    }

    /** Summed squares of the change. @param layer of one segment */
    double of(QuantizedLayer layer) {
        Segment segment = layer.segments().get(0);
        float[][] x = inputs.quantized(layer, segment.activation().orElse(null));
        double[] squares = new double[exact.length];
        IntStream.range(0, exact.length).parallel().forEach(output -> {
            float[] found = product(row(segment, output), x, inputs.count());
            for (int v = 0; v < found.length; v++) {
                double difference = (double) found[v] - exact[output][v];
                squares[output] += difference * difference;
            }
        });
        return sum(squares);
    }

    private static float[] row(Segment segment, int output) {
        if (!segment.integerWeight()) {
            return segment.weight().slice(output, output + 1).toFloatArray();
        }
        int width = segment.to() - segment.from();
        ByteBuffer integers = segment.weight().buffer();
        float[] row = new float[width];
        for (int c = 0; c < width; c++) {
            row[c] = integers.get(output * width + c) * segment.weightScale()[output];
        }
        return row;
    }

    /** One output for all vectors. @param x [width][count] */
    private static float[] product(float[] weights, float[][] x, int count) {
        float[] out = new float[count];
        for (int c = 0; c < weights.length; c++) {
            float weight = weights[c];
            float[] column = x[c];
            for (int v = 0; v < count; v++) {
                out[v] += weight * column[v];
            }
        }
        return out;
    }

    /** In order: a parallel sum would depend on how the work was cut. */
    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }
}
