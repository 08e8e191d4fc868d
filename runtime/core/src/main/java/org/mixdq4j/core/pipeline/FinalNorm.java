package org.mixdq4j.core.pipeline;

import org.mixdq4j.core.tensor.Tensor;

/** The layer norm behind CLIP's last layer, for a state that was taken from further in front. In double precision. */
record FinalNorm(float[] weight, float[] bias, double epsilon) {
    /** @param states F32 with the features last */
    Tensor of(Tensor states) {
        float[] values = states.toFloatArray();
        int features = weight.length;
        for (int row = 0; row < values.length; row += features) {
            double mean = 0;
            for (int i = 0; i < features; i++) {
                mean += values[row + i];
            }
            mean /= features;
            double variance = 0;
            for (int i = 0; i < features; i++) {
                double distance = values[row + i] - mean;
                variance += distance * distance;
            }
            double factor = 1 / Math.sqrt(variance / features + epsilon);
            for (int i = 0; i < features; i++) {
                values[row + i] = (float) ((values[row + i] - mean) * factor * weight[i] + bias[i]);
            }
        }
        return Tensor.of(states.shape(), values);
    }
}
