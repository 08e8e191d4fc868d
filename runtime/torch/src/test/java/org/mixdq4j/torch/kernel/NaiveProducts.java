package org.mixdq4j.torch.kernel;

import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.tensor.Shape;

/** Matrix products and convolutions by their definition, in double. */
public final class NaiveProducts {
    private NaiveProducts() {}

    /** x [rows, inputs] times the transpose of w [outputs, inputs], plus a bias or null. */
    public static double[] linear(double[] x, double[] w, double[] bias, int inputs, int outputs) {
        int rows = x.length / inputs;
        double[] y = new double[rows * outputs];
        for (int r = 0; r < rows; r++) {
            for (int o = 0; o < outputs; o++) {
                double sum = bias == null ? 0 : bias[o];
                for (int i = 0; i < inputs; i++) {
                    sum += x[r * inputs + i] * w[o * inputs + i];
                }
                y[r * outputs + o] = sum;
            }
        }
        return y;
    }

    public static double[] conv(double[] x, Shape in, double[] w, double[] bias, Conv2d op, Shape out) {
        double[] y = new double[(int) out.elements()];
        for (int at = 0; at < y.length; at++) {
            int column = at % out.dim(3);
            int row = at / out.dim(3) % out.dim(2);
            int o = at / (out.dim(3) * out.dim(2)) % op.outputs();
            int b = at / (out.dim(3) * out.dim(2) * op.outputs());
            double sum = bias == null ? 0 : bias[o];
            for (int c = 0; c < op.inputs(); c++) {
                for (int kh = 0; kh < op.kernelHeight(); kh++) {
                    for (int kw = 0; kw < op.kernelWidth(); kw++) {
                        int h = row * op.stride() + kh - op.padding().top();
                        int v = column * op.stride() + kw - op.padding().left();
                        if (h >= 0 && h < in.dim(2) && v >= 0 && v < in.dim(3)) {
                            sum += x[((b * op.inputs() + c) * in.dim(2) + h) * in.dim(3) + v]
                                    * w[((o * op.inputs() + c) * op.kernelHeight() + kh) * op.kernelWidth() + kw];
                        }
                    }
                }
            }
            y[at] = sum;
        }
        return y;
    }

    public static double[] doubles(float[] values) {
        double[] out = new double[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i];
        }
        return out;
    }
}
