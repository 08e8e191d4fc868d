package org.mixdq4j.sensitivity.measure;

import java.util.Locale;
import java.util.Optional;
import org.mixdq4j.core.metrics.Ssim;
import org.mixdq4j.core.tensor.Tensor;

/** How alike two pictures are. */
public enum Similarity {
    /** Wang et al.'s SSIM with an 11 x 11 Gaussian window. */
    GAUSSIAN,
    /** SSIM over the whole picture as one window, which MixDQ's window of 511 pixels amounts to. */
    GLOBAL;

    private static final double WORST = -1;

    /** The name in options and files. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Similarity> of(String word) {
        for (Similarity similarity : values()) {
            if (similarity.word().equals(word)) {
                return Optional.of(similarity);
            }
        }
        return Optional.empty();
    }

    /** @param a height x width x 3 in 0..1. @return -1 to 1, -1 for a picture that holds NaN */
    double between(Tensor a, Tensor b) {
        int height = a.shape().dim(0);
        int width = a.shape().dim(1);
        float[] left = a.toFloatArray();
        float[] right = b.toFloatArray();
        double similarity = this == GAUSSIAN
                ? Ssim.gaussian(left, right, height, width, 3)
                : Ssim.global(left, right, height, width, 3);
        return Double.isNaN(similarity) ? WORST : similarity;
    }
}
