package org.mixdq4j.evaluate.run;

import java.util.Map;
import java.util.Optional;
import org.mixdq4j.evaluate.statistic.Estimate;

/**
 * The float model's pictures.
 *
 * @param bytes of the noise predictor's weights in FP32
 * @param secondsPerStep median of a network step and row
 * @param scores by name, over pictures
 * @param fidReference against the reference pictures, where there are any
 */
public record FloatResult(
        long bytes, double secondsPerStep, Map<String, Estimate> scores, Optional<Estimate> fidReference) {}
