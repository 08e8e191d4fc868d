package org.mixdq4j.evaluate.run;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.MemoryWatcher;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.pipeline.SamplingSettings;

/**
 * What to evaluate.
 *
 * @param variants name to quantized checkpoint, at least one
 * @param prompts how they are read
 * @param captions the file the samples are from
 * @param skip samples of the file that were left out before these
 * @param seed mixed with each caption's id into its seed; also the seed of the bootstrap
 * @param sampling how pictures are drawn
 * @param negativePrompt the negative side where there is guidance
 * @param batchSize pictures in memory at once; changes none
 * @param numerics how quantized layers are computed
 * @param reference folder of real pictures, PNG
 * @param resamples of the bootstrap that FID's standard errors come from
 * @param lowMemory given: pipelines hold one component at a time
 * @param overwrite whether an evaluation in {@code out} is replaced
 */
public record EvaluationRequest(
        ModelSource model,
        Map<String, Path> variants,
        PromptSettings prompts,
        Path captions,
        List<Sample> samples,
        int skip,
        long seed,
        SamplingSettings sampling,
        Optional<String> negativePrompt,
        int height,
        int width,
        int batchSize,
        Numerics numerics,
        Optional<Path> reference,
        int resamples,
        Optional<MemoryWatcher> lowMemory,
        boolean overwrite,
        Path out) {
    /** Name of the folder of the float model's pictures, which no variant can have. */
    public static final String FLOAT = "float";

    public EvaluationRequest {
        variants = Collections.unmodifiableMap(new LinkedHashMap<>(variants));
        samples = List.copyOf(samples);
        for (String name : variants.keySet()) {
            // Names become folders.
            if (!name.matches("\\w[\\w.+-]*") || name.equals(FLOAT)) {
                throw new UsageException("A quantized checkpoint cannot be called '" + name
                        + "'; give --quantized NAME=DIR with a name of letters, digits, '.', '_', '+' and '-' other than"
                        + " '" + FLOAT + "'.");
            }
        }
    }
}
