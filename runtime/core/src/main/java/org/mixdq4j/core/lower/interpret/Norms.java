package org.mixdq4j.core.lower.interpret;

import org.mixdq4j.core.lower.step.Normalize;

/** Normalizations. */
record Norms(Writing writing, Weights weights) {
    void run(Normalize step) {
        Rows x = writing.joined(step.inputs());
        Rows out = new Rows(new float[x.values().length], x.shape());
        float[] weight =
                step.parameters().map(id -> weights.parameter(id + ".weight")).orElse(null);
        boolean centered = !(step.kind() instanceof Normalize.RootMeanSquare);
        float[] bias = !centered
                ? null
                : step.parameters().map(id -> weights.parameter(id + ".bias")).orElse(null);
        if (step.kind() instanceof Normalize.Groups groups) {
            int width = x.columns() / groups.groups();
            for (int sample = 0; sample < x.shape().dim(0); sample++) {
                for (int group = 0; group < groups.groups(); group++) {
                    int from = sample * x.perSample() * x.columns() + group * width;
                    block(step.kind().epsilon(), true, x, out, from, x.perSample(), width, weight, bias);
                }
            }
        } else {
            for (int row = 0; row < x.count(); row++) {
                block(step.kind().epsilon(), centered, x, out, row * x.columns(), 1, x.columns(), weight, bias);
            }
        }
        writing.finish(out, step.then(), step.outputs());
    }

    /** {@code width} columns of {@code rows} rows. */
    private static void block(
            double epsilon,
            boolean centered,
            Rows x,
            Rows out,
            int from,
            int rows,
            int width,
            float[] weight,
            float[] bias) {
        int columns = x.columns();
        long count = (long) rows * width;
        double mean = 0;
        for (int row = 0; centered && row < rows; row++) {
            for (int i = 0; i < width; i++) {
                mean += x.values()[from + row * columns + i];
            }
        }
        mean /= count;
        double squares = 0;
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                double difference = x.values()[from + row * columns + i] - mean;
                squares += difference * difference;
            }
        }
        double factor = 1 / Math.sqrt(squares / count + epsilon);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                int at = from + row * columns + i;
                double y = (x.values()[at] - mean) * factor;
                int column = at % columns;
                y = weight == null ? y : y * weight[column];
                out.values()[at] = (float) (bias == null ? y : y + bias[column]);
            }
        }
    }
}
