package org.mixdq4j.bench;

import java.nio.file.Path;
import org.mixdq4j.bench.step.Component;
import picocli.CommandLine.Option;

/** The network that a command is about. */
final class ComponentOption {
    @Option(names = "--component", required = true, paramLabel = "DIR", description = "Component with weights.")
    private Path folder;

    Component open() {
        return Component.open(folder);
    }
}
