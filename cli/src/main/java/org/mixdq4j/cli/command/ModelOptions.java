package org.mixdq4j.cli.command;

import java.nio.file.Path;
import org.mixdq4j.core.model.source.ModelSource;
import org.mixdq4j.core.model.source.ModelSources;
import picocli.CommandLine.Option;

/** Which model a command works with. */
final class ModelOptions {
    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Model: a folder in diffusers' layout.")
    Path path;

    ModelSource open() {
        return ModelSources.open(path);
    }
}
