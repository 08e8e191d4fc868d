package org.mixdq4j.core.pipeline;

import java.util.List;
import org.mixdq4j.core.tensor.Tensor;

/** Classifier-free guidance (Ho and Salimans, 2207.12598). */
final class Guidance {
    private Guidance() {}

    /** {@code negative + scale * (positive - negative)}. @param outputs of the positive side alone, or negative first */
    static float[] combine(List<Tensor> outputs, double scale) {
        float[] last = outputs.get(outputs.size() - 1).toFloatArray();
        if (outputs.size() == 1) {
            return last;
        }
        float[] negative = outputs.get(0).toFloatArray();
        float[] guided = new float[last.length];
        for (int i = 0; i < guided.length; i++) {
            guided[i] = negative[i] + (float) scale * (last[i] - negative[i]);
        }
        return guided;
    }
}
