package org.mixdq4j.cli.command;

import java.nio.file.Path;
import java.util.Optional;
import org.mixdq4j.core.model.source.ModelSource;
import org.mixdq4j.core.model.source.ModelSources;
import picocli.CommandLine.Option;

/** Which weights a model is opened with. */
final class WeightsOptions {
    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description = "Weights files of this variant (fp16, bf16, non_ema, ...), where a folder holds several.")
    private String variant;

    Optional<String> variant() {
        return Optional.ofNullable(variant);
    }

    ModelSource open(Path model) {
        return ModelSources.open(model, variant());
    }

    /** The options that the next command needs for the same weights, each after a space. */
    String again() {
        return variant == null ? "" : " --variant " + variant;
    }
}
