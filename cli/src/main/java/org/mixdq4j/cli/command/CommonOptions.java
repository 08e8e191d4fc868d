package org.mixdq4j.cli.command;

import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import picocli.CommandLine.Option;

/** Options of every command that runs a network. */
final class CommonOptions {
    @Option(
            names = "--device",
            paramLabel = "NAME",
            description = "Executor to run on; default the best that can run here.")
    String device;

    @Option(names = "--json", description = "Print the summary as one JSON object.")
    boolean json;

    Executor executor() {
        return device == null ? Executors.best() : Executors.named(device);
    }
}
