package org.mixdq4j.cli.command;

import java.util.List;
import java.util.Optional;
import org.mixdq4j.cli.terminal.MemoryLines;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.model.source.ModelSource;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.MemoryWatcher;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.pipeline.SamplingDefaults;
import org.mixdq4j.core.prompt.EmbeddingFile;
import org.mixdq4j.core.prompt.LearnedEmbedding;
import org.mixdq4j.core.prompt.PromptStyle;
import picocli.CommandLine.Option;

/** How pictures are drawn; what is not given comes from the model. */
final class SamplingOptions {
    @Option(names = "--steps", paramLabel = "N", description = "Scheduler steps; default what the model is made for.")
    Integer steps;

    @Option(
            names = "--guidance",
            paramLabel = "X",
            description = "Classifier-free guidance scale; up to 1 means none. Default what the model is made for.")
    Double guidance;

    @Option(names = "--negative", paramLabel = "TEXT", description = "What not to draw; needs guidance above 1.")
    String negative;

    @Option(names = "--height", paramLabel = "PIXELS", description = "Picture height; default the model's.")
    Integer height;

    @Option(names = "--width", paramLabel = "PIXELS", description = "Picture width; default the model's.")
    Integer width;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "4",
            description = "Pictures worked on together; changes memory, never a picture. Default ${DEFAULT-VALUE}.")
    int batchSize;

    @Option(
            names = "--max-sequence-length",
            paramLabel = "N",
            description = "Tokens of a prompt that a T5 reads, 2 to 512; default the model's (SD3: 256).")
    Integer maxSequenceLength;

    @Option(names = "--no-t5", description = "Draw without the T5 of a model that has one (SD3): zeros in its place.")
    boolean noT5;

    @Option(
            names = "--embedding",
            paramLabel = "FILE[:TOKEN]",
            description =
                    "Learned words (textual inversion, .safetensors); may be given several times. The word is TOKEN, else"
                            + " the file's, else the file's name.")
    List<String> embeddings = List.of();

    @Option(
            names = "--clip-skip",
            paramLabel = "N",
            description =
                    "Leave out the last N layers of the CLIP text encoders, as diffusers' clip_skip (web UIs count one"
                            + " more: their 2 is 1 here).")
    int clipSkip;

    @Option(
            names = "--prompt-style",
            paramLabel = "NAME",
            defaultValue = "plain",
            description =
                    "How prompts are written: ${COMPLETION-CANDIDATES}. a1111: weights (word:1.3), ((word)), [word],"
                            + " BREAK, and long prompts in chunks. Default ${DEFAULT-VALUE}.")
    PromptStyle promptStyle;

    @Option(
            names = "--low-memory",
            description =
                    "Hold one component in memory at a time, text encoders in parts, and say which; pictures are the"
                            + " same. All are read again for each --batch-size pictures.")
    boolean lowMemory;

    int steps(ModelSource model) {
        return steps != null ? steps : SamplingDefaults.of(model).steps();
    }

    double guidance(ModelSource model) {
        return guidance != null ? guidance : SamplingDefaults.of(model).guidance();
    }

    int height(ModelSource model) {
        return height != null ? height : DiffusionNetwork.of(model).defaultSize();
    }

    int width(ModelSource model) {
        return width != null ? width : DiffusionNetwork.of(model).defaultSize();
    }

    PromptSettings prompts(ModelSource model) {
        return PromptSettings.of(model, Optional.ofNullable(maxSequenceLength), noT5)
                .withClipSkip(clipSkip)
                .withStyle(promptStyle)
                .withEmbeddings(embeddings.stream()
                        .flatMap(given -> LearnedEmbedding.of(EmbeddingFile.read(given), model).stream())
                        .toList());
    }

    Optional<MemoryWatcher> lowMemory() {
        return lowMemory ? Optional.of(new MemoryLines(System.err)) : Optional.empty();
    }

    Optional<String> negative() {
        return Optional.ofNullable(negative);
    }

    int batchSize() {
        return positive("--batch-size", batchSize);
    }

    static int positive(String option, int value) {
        if (value < 1) {
            throw new UsageException(option + " is " + value + "; give 1 or more.");
        }
        return value;
    }
}
