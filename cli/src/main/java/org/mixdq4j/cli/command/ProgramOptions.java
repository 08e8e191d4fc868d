package org.mixdq4j.cli.command;

import picocli.CommandLine.Option;

/** Which network {@code mixdq info --program} lowers, in which size. */
final class ProgramOptions {
    @Option(
            names = "--program",
            description = "Of a model or a quantized checkpoint, print the network as it is run: few fused steps, what"
                    + " each reads, writes and does, and their memory.")
    boolean asked;

    @Option(
            names = "--component",
            paramLabel = "NAME",
            description = "With --program: vae (its decoder) or a text encoder instead of the denoising network.")
    String component;

    @Option(names = "--height", paramLabel = "PIXELS", description = "With --program: default the model's.")
    Integer height;

    @Option(names = "--width", paramLabel = "PIXELS", description = "With --program: default the model's.")
    Integer width;

    @Option(names = "--all", description = "With --program: list steps that repeat each time.")
    boolean all;
}
