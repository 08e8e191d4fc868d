package org.mixdq4j.cpu.vector;

import org.mixdq4j.core.lower.step.Normalize;

/**
 * Norms of single rows. {@code mean} is the float sum divided by the number of columns, the variance likewise the sum of
 * {@code (x - mean)^2}; the rest of the row's two numbers is in double, each element then in float.
 */
record RowNorms(RowShape shape, Loops loops) {
    Stage layer(Normalize.Rows kind, float[] weight, float[] bias) {
        int columns = shape.columns();
        int stride = shape.stride();
        double epsilon = kind.epsilon();
        return (scratch, first, rows) -> {
            for (int r = 0; r < rows; r++) {
                float[] x = scratch.main;
                int at = r * stride;
                float mean = loops.sum(x, at, columns, scratch.lanes) / columns;
                double variance = (double) loops.squares(x, at, columns, mean, scratch.lanes) / columns;
                float factor = (float) (1 / Math.sqrt(variance + epsilon));
                if (weight == null) {
                    loops.standardize(x, at, columns, mean, factor);
                } else {
                    loops.standardize(x, at, columns, mean, factor, weight, bias);
                }
            }
        };
    }

    Stage rootMeanSquare(Normalize.RootMeanSquare kind, float[] weight) {
        int columns = shape.columns();
        int stride = shape.stride();
        double epsilon = kind.epsilon();
        return (scratch, first, rows) -> {
            for (int r = 0; r < rows; r++) {
                float[] x = scratch.main;
                int at = r * stride;
                double mean = (double) loops.squares(x, at, columns, 0f, scratch.lanes) / columns;
                loops.multiply(x, at, columns, (float) (1 / Math.sqrt(mean + epsilon)), weight);
            }
        };
    }
}
