package org.mixdq4j.ptq.rounding;

import java.util.Random;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Layer inputs with correlated features, as those of networks are, and weights. */
final class Correlated {
    private Correlated() {}

    /** {@code count} vectors that mix a third as many independent numbers, with a little noise. */
    static double[][] vectors(int count, int width, int seed) {
        Random mixing = new Random(99);
        int sources = Math.max(1, width / 3);
        double[][] mix = new double[width][sources];
        for (double[] row : mix) {
            for (int i = 0; i < sources; i++) {
                row[i] = mixing.nextGaussian();
            }
        }
        Random random = new Random(seed);
        double[][] vectors = new double[count][width];
        for (double[] vector : vectors) {
            double[] source = random.doubles(sources, -1, 1).toArray();
            for (int i = 0; i < width; i++) {
                vector[i] = 0.1 * random.nextGaussian();
                for (int j = 0; j < sources; j++) {
                    vector[i] += mix[i][j] * source[j];
                }
            }
        }
        return vectors;
    }

    static SecondMoment moment(double[][] vectors) {
        SecondMoment moment = new SecondMoment(vectors[0].length);
        moment.add(vectors, vectors.length);
        return moment;
    }

    /** The moment of 200 vectors, damped by 1 %. */
    static SecondMoment damped(int width) {
        SecondMoment moment = moment(vectors(200, width, 5));
        moment.damp(0.01);
        return moment;
    }

    static HeldOutInputs heldOut(double[][] vectors) {
        HeldOutInputs heldOut = new HeldOutInputs(vectors[0].length, vectors.length);
        for (double[] vector : vectors) {
            heldOut.add(vector);
        }
        return heldOut;
    }

    static Tensor weight(int outputs, int inputs, int seed) {
        Random random = new Random(seed);
        float[] values = new float[outputs * inputs];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(Shape.of(outputs, inputs), values);
    }

    /** {@code tr(E H E^T)}. */
    static double error(SecondMoment moment, double[] error) {
        double sum = 0;
        for (int i = 0; i < error.length; i++) {
            for (int j = 0; j < error.length; j++) {
                sum += error[i] * moment.get(i, j) * error[j];
            }
        }
        return sum;
    }
}
