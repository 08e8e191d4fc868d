package org.mixdq4j.bench;

import org.mixdq4j.core.network.NetworkShape;
import picocli.CommandLine.Option;

/** How large a network's inputs are. */
final class SizeOptions {
    @Option(names = "--height", defaultValue = "64", description = "Of latents: an eighth of a picture's.")
    private int height;

    @Option(names = "--width", defaultValue = "64", description = "Of latents.")
    private int width;

    @Option(
            names = "--tokens",
            defaultValue = "77",
            description = "Of the prompt: 77 of CLIP, 333 with T5's 256. Default ${DEFAULT-VALUE}.")
    private int tokens;

    NetworkShape shape() {
        return new NetworkShape(1, height, width, tokens);
    }

    /** Of the same kind, small enough that a few calls for ranges take no time. */
    NetworkShape small() {
        return new NetworkShape(1, Math.min(32, height), Math.min(32, width), tokens);
    }
}
