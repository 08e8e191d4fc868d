package org.mixdq4j.ptq.rounding;

import java.util.stream.IntStream;
import org.mixdq4j.core.quant.SymmetricWeights;

/** Vectors a layer reads in samples that take no part in rounding: what roundings are compared on. */
final class HeldOutInputs {
    private final double[][] byInput;
    private int count;

    /** @param capacity most vectors that are held */
    HeldOutInputs(int width, int capacity) {
        byInput = new double[width][capacity];
    }

    static long bytes(int width, int capacity) {
        return 8L * width * capacity;
    }

    void add(double[] vector) {
        for (int i = 0; i < vector.length; i++) {
            byInput[i][count] = vector[i];
        }
        count++;
    }

    /** Mean squared change of an output over vectors and output channels when weights are rounded so. */
    double error(PartWeights weights, SymmetricWeights rounded) {
        return mean(weights, output -> weights.error(rounded, output));
    }

    /** Mean square of an output without its bias. */
    double power(PartWeights weights) {
        return mean(weights, output -> {
            double[] row = new double[weights.width()];
            for (int k = 0; k < row.length; k++) {
                row[k] = weights.rows()[output][k];
            }
            return row;
        });
    }

    private interface RowOf {
        double[] of(int output);
    }

    private double mean(PartWeights weights, RowOf rows) {
        // Summed in order afterwards: a parallel sum would depend on how the work was cut.
        double[] sums = new double[weights.outputs()];
        IntStream.range(0, sums.length).parallel().forEach(output -> {
            double[] outputs = new double[count];
            RowSums.add(outputs, 0, count, rows.of(output), byInput, 0, byInput.length);
            for (double value : outputs) {
                sums[output] += value * value;
            }
        });
        double sum = 0;
        for (double own : sums) {
            sum += own;
        }
        return sum / ((double) count * sums.length);
    }
}
