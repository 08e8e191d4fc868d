package org.mixdq4j.ptq.rounding;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * The float weights of a part of a layer as a matrix.
 *
 * @param rows one an output channel, its weights as they lie in memory
 * @param shape of the part, [outputs, inputs, ...]
 */
record PartWeights(float[][] rows, Shape shape) {

    /** Those of {@code weight} [outputs, inputs, ...] that read input channels {@code [from, to)}. */
    static PartWeights of(Tensor weight, int from, int to) {
        Shape shape = weight.shape();
        int taps = Math.toIntExact(shape.elements() / ((long) shape.dim(0) * shape.dim(1)));
        float[][] rows = new float[shape.dim(0)][];
        IntStream.range(0, rows.length)
                .parallel()
                .forEach(output -> rows[output] =
                        Arrays.copyOfRange(weight.slice(output, output + 1).toFloatArray(), from * taps, to * taps));
        return new PartWeights(rows, shape.with(1, to - from));
    }

    int outputs() {
        return rows.length;
    }

    int width() {
        return rows[0].length;
    }

    /** What the integers of one output channel are off by: {@code w - q * scale}. */
    double[] error(SymmetricWeights rounded, int output) {
        ByteBuffer integers = rounded.integers().buffer();
        double scale = rounded.scale()[output];
        double[] error = new double[width()];
        for (int k = 0; k < error.length; k++) {
            error[k] = rows[output][k] - integers.get(output * error.length + k) * scale;
        }
        return error;
    }

    /** Integers for these weights. @param integers one row an output */
    SymmetricWeights symmetric(byte[][] integers, float[] scale, WeightCode code) {
        Tensor tensor = Tensor.zeros(DType.I8, shape);
        ByteBuffer buffer = tensor.buffer();
        for (byte[] row : integers) {
            buffer.put(row);
        }
        return new SymmetricWeights(tensor, scale, code);
    }
}
