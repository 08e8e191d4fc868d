package org.mixdq4j.torch;

import java.util.Random;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Changes of a layer's weight that move its value along a given gradient rather than across it, so that what they do to
 * the output stands out from its rounding.
 */
final class WeightMoves {
    private WeightMoves() {}

    /**
     * The weight's gradient, each element times a random number from 0 to 1.
     *
     * @param gradient of the layer's value
     * @param rise what the change is to add to what the gradient is of
     */
    static Tensor uphill(Layer layer, Tensor input, Tensor gradient, double rise, Random random) {
        Shape shape = layer instanceof Conv2d conv
                ? Shape.of(conv.outputs(), conv.inputs(), conv.kernelHeight(), conv.kernelWidth())
                : Shape.of(layer.outputs(), layer.inputs());
        double[] move = layer instanceof Conv2d conv
                ? convolution(conv, input, gradient)
                : linear(layer, input.toFloatArray(), gradient.toFloatArray());
        double risen = 0;
        for (int i = 0; i < move.length; i++) {
            double slope = move[i];
            move[i] *= random.nextDouble();
            risen += slope * move[i];
        }
        float[] values = new float[move.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (move[i] * rise / risen);
        }
        return Tensor.of(shape, values);
    }

    private static double[] linear(Layer layer, float[] x, float[] g) {
        int inputs = layer.inputs();
        int outputs = layer.outputs();
        double[] w = new double[outputs * inputs];
        for (int row = 0; row < x.length / inputs; row++) {
            for (int o = 0; o < outputs; o++) {
                for (int i = 0; i < inputs; i++) {
                    w[o * inputs + i] += (double) g[row * outputs + o] * x[row * inputs + i];
                }
            }
        }
        return w;
    }

    private static double[] convolution(Conv2d conv, Tensor input, Tensor gradient) {
        float[] x = input.toFloatArray();
        float[] g = gradient.toFloatArray();
        int height = input.shape().dim(2);
        int width = input.shape().dim(3);
        int rows = gradient.shape().dim(2);
        int columns = gradient.shape().dim(3);
        int kernel = conv.kernelHeight() * conv.kernelWidth();
        double[] w = new double[conv.outputs() * conv.inputs() * kernel];
        for (int plane = 0; plane < gradient.shape().dim(0) * w.length; plane++) {
            int batch = plane / w.length;
            int at = plane % w.length;
            int o = at / kernel / conv.inputs();
            int i = at / kernel % conv.inputs();
            int down = at % kernel / conv.kernelWidth() - conv.padding().top();
            int right = at % conv.kernelWidth() - conv.padding().left();
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    int y = r * conv.stride() + down;
                    int z = c * conv.stride() + right;
                    if (y >= 0 && y < height && z >= 0 && z < width) {
                        w[at] += (double) g[((batch * conv.outputs() + o) * rows + r) * columns + c]
                                * x[((batch * conv.inputs() + i) * height + y) * width + z];
                    }
                }
            }
        }
        return w;
    }
}
