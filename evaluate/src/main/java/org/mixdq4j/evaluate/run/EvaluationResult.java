package org.mixdq4j.evaluate.run;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.evaluate.statistic.Estimate;

/**
 * All an evaluation found.
 *
 * @param inFloat the model that was not quantized
 * @param reference the reference pictures, if any
 * @param features what FID was measured on, if it was
 * @param warnings sentences a reader of the figures has to know
 * @param device it ran on
 */
public record EvaluationResult(
        FloatResult inFloat,
        List<VariantResult> variants,
        Optional<RealPictures> reference,
        Optional<Features> features,
        List<String> warnings,
        String device) {
    /**
     * The reference pictures.
     *
     * @param count all of them
     * @param captioned those whose caption is among the samples
     * @param scores of those
     */
    public record RealPictures(int count, int captioned, Map<String, Estimate> scores) {}

    /** What FID was measured on. @param count length of a vector. @param resamples of the bootstrap */
    public record Features(String description, int count, int resamples) {}
}
