package org.mixdq4j.calib.run;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.calib.captions.Caption;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.MemoryWatcher;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.pipeline.SamplingSettings;

/**
 * What to calibrate with.
 *
 * @param captions one a sample
 * @param prompts how they are read
 * @param sampling how pictures are drawn; with guidance above 1 both sides' rows are kept
 * @param negativePrompt the negative side where there is guidance
 * @param baseSeed mixed with each caption's id into the sample's seed
 * @param batchSize samples held in memory at once; does not change a byte of the result
 * @param shardSamples samples a shard
 * @param out folder of the set
 * @param lowMemory given: the pipeline holds one component at a time
 */
public record CalibrationRequest(
        ModelSource model,
        List<Caption> captions,
        PromptSettings prompts,
        SamplingSettings sampling,
        Optional<String> negativePrompt,
        int height,
        int width,
        long baseSeed,
        int batchSize,
        int shardSamples,
        Path out,
        Optional<MemoryWatcher> lowMemory) {}
