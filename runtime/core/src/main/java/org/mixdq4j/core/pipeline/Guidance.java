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

    /**
     * The same with its spread scaled back to that of the positive side by the share {@code rescale} (Lin et al.,
     * 2305.08891, section 3.4): strong guidance overexposes.
     */
    static float[] combine(List<Tensor> outputs, double scale, double rescale) {
        float[] guided = combine(outputs, scale);
        if (outputs.size() == 1 || rescale == 0) {
            return guided;
        }
        double wanted = deviation(outputs.get(outputs.size() - 1).toFloatArray());
        double factor = rescale * wanted / deviation(guided) + (1 - rescale);
        for (int i = 0; i < guided.length; i++) {
            guided[i] = (float) (guided[i] * factor);
        }
        return guided;
    }

    private static double deviation(float[] values) {
        double mean = 0;
        for (float value : values) {
            mean += value;
        }
        mean /= values.length;
        double sum = 0;
        for (float value : values) {
            sum += (value - mean) * (value - mean);
        }
        return Math.sqrt(sum / (values.length - 1));
    }
}
