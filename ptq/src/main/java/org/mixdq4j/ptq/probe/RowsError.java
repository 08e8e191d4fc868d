package org.mixdq4j.ptq.probe;

import org.mixdq4j.core.tensor.Tensor;

/**
 * The noise of rows, each as a share of its own signal. Some tokens of a text have states a hundred times as large as all others:
 * in one ratio of sums the others would not count.
 */
final class RowsError implements QualityProbe.OutputError {
    private double shares;
    private int outputs;

    /** Rows along the last axis. One that is all zeros counts nothing. */
    @Override
    public void add(Tensor expected, Tensor found) {
        float[] signal = expected.toFloatArray();
        float[] noisy = found.toFloatArray();
        int features = expected.shape().dim(-1);
        double sum = 0;
        int rows = 0;
        for (int start = 0; start < signal.length; start += features) {
            double energy = 0;
            double noise = 0;
            for (int i = start; i < start + features; i++) {
                double difference = noisy[i] - signal[i];
                energy += (double) signal[i] * signal[i];
                noise += difference * difference;
            }
            if (energy != 0) {
                sum += noise / energy;
                rows++;
            }
        }
        if (rows > 0) {
            shares += sum / rows;
            outputs++;
        }
    }

    /** Infinite where nothing differed; NaN where nothing was added or values were no numbers. */
    @Override
    public double decibels() {
        return -10 * Math.log10(shares / outputs);
    }
}
