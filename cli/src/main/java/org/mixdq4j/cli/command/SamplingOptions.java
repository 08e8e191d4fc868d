package org.mixdq4j.cli.command;

import java.util.Optional;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.model.folder.ModelFolder;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.SamplingDefaults;
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

    int steps(ModelFolder model) {
        return steps != null ? steps : SamplingDefaults.of(model).steps();
    }

    double guidance(ModelFolder model) {
        return guidance != null ? guidance : SamplingDefaults.of(model).guidance();
    }

    int height(ModelFolder model) {
        return height != null ? height : DiffusionNetwork.of(model).defaultSize();
    }

    int width(ModelFolder model) {
        return width != null ? width : DiffusionNetwork.of(model).defaultSize();
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
