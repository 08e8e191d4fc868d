package org.mixdq4j.cli.command;

import java.nio.file.Path;
import org.mixdq4j.core.network.source.ModelSource;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model a command works with. */
final class ModelOptions {
    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "Model: a folder in diffusers' layout, or a .safetensors file as ComfyUI and web UIs share.")
    Path path;

    @Mixin
    private WeightsOptions weights;

    ModelSource open() {
        return weights.open(path);
    }

    /** The options that the next command needs for the same model. */
    String again() {
        return "--model " + path + weights.again();
    }
}
