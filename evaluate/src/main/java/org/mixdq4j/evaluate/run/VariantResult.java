package org.mixdq4j.evaluate.run;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.evaluate.pair.PairEvaluation;
import org.mixdq4j.evaluate.statistic.Estimate;

/**
 * A quantized checkpoint's pictures.
 *
 * @param bytes of its weights file
 * @param layers number of layers by form, such as {@code W8A8} or {@code float}
 * @param pairs picture by picture against the float model
 * @param lpips mean distance to the float model's pictures
 * @param scores by name, over pictures
 * @param differences of the scores to those of the float model's pictures, paired by prompt
 * @param fidFloat against the float model's pictures
 * @param fidReference against the reference pictures
 */
public record VariantResult(
        String name,
        Path checkpoint,
        long bytes,
        Map<String, Integer> layers,
        PairEvaluation.Outcome pairs,
        Optional<Estimate> lpips,
        Map<String, Estimate> scores,
        Map<String, Estimate> differences,
        Optional<Estimate> fidFloat,
        Optional<Estimate> fidReference) {}
