package org.mixdq4j.cli.command;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.cli.terminal.MemoryLines;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.CalibratedWith;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.MemoryWatcher;
import org.mixdq4j.core.pipeline.ModelScheduler;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.pipeline.SamplingDefaults;
import org.mixdq4j.core.pipeline.SamplingSettings;
import org.mixdq4j.core.prompt.EmbeddingFile;
import org.mixdq4j.core.prompt.LearnedEmbedding;
import org.mixdq4j.core.prompt.PromptStyle;
import picocli.CommandLine.Option;

/** How pictures are drawn; what is not given comes from the model. */
final class SamplingOptions {
    @Option(
            names = "--scheduler",
            paramLabel = "NAME",
            description = "Another scheduler with the model's settings: a class of diffusers, or a short name such as"
                    + " euler, euler_a, dpmpp_2m, dpmpp_2m_karras, heun, unipc, lcm; docs/models.md lists them.")
    String scheduler;

    @Option(names = "--steps", paramLabel = "N", description = "Scheduler steps; default what the model is made for.")
    Integer steps;

    @Option(
            names = "--timesteps",
            split = ",",
            paramLabel = "T",
            description = "The scheduler's timesteps, descending, instead of --steps.")
    double[] timesteps;

    @Option(
            names = "--guidance",
            paramLabel = "X",
            description = "Classifier-free guidance scale; up to 1 means none. Default what the model is made for.")
    Double guidance;

    @Option(
            names = "--guidance-rescale",
            paramLabel = "X",
            description =
                    "Share of guided outputs scaled back to the spread without guidance, 0 to 1; for models of zero"
                            + " terminal SNR. Default 0.")
    Double guidanceRescale;

    @Option(names = "--eta", paramLabel = "X", description = "Share of fresh noise of DDIM and TCD, 0 to 1. Default 0.")
    Double eta;

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

    /** What is drawn with. Prints it with its reason, and where it is not what the model's file says. */
    SamplingSettings settings(ModelSource model, PrintWriter err) {
        if (steps != null && timesteps != null) {
            throw new UsageException(
                    "--steps and --timesteps were both given; --timesteps alone says how many there are.");
        }
        ModelScheduler chosen = ModelScheduler.of(model, Optional.ofNullable(scheduler), Optional.ofNullable(eta));
        SamplingDefaults defaults = SamplingDefaults.of(model, chosen.name());
        SamplingSettings settings = new SamplingSettings(
                chosen,
                steps != null ? steps : defaults.steps(),
                Optional.ofNullable(timesteps),
                guidance != null ? guidance : defaults.guidance(),
                guidanceRescale != null ? guidanceRescale : 0);
        chosen.notes().forEach(note -> err.println("mixdq: " + note));
        err.println(line(settings, defaults.reason()));
        return settings;
    }

    private String line(SamplingSettings settings, String reason) {
        boolean stepsGiven = steps != null || timesteps != null;
        String why = stepsGiven && guidance != null
                ? "as given"
                : (stepsGiven ? "guidance: " : guidance != null ? "steps: " : "") + reason;
        return "sampling: " + settings.count() + (settings.count() == 1 ? " step" : " steps") + ", guidance "
                + settings.guidance() + ", " + settings.scheduler().name() + " (" + why + ")";
    }

    /** Says so if a checkpoint was calibrated with pictures drawn far otherwise. */
    static void warnIfFar(Path checkpoint, SamplingSettings settings, int height, int width, PrintWriter err) {
        CalibratedWith.farFrom(QuantizedCheckpoint.calibrationSettings(checkpoint), settings, height, width)
                .ifPresent(differences -> err.println("mixdq: the checkpoint " + checkpoint + " was calibrated with "
                        + differences + "; its integers fit pictures drawn like that best."));
    }

    int height(ModelSource model) {
        return height != null ? height : DiffusionNetwork.of(model).defaultHeight();
    }

    int width(ModelSource model) {
        return width != null ? width : DiffusionNetwork.of(model).defaultWidth();
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
