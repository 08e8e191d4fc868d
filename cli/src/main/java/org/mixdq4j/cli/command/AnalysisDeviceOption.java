package org.mixdq4j.cli.command;

import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import picocli.CommandLine.Option;

/** What networks are looked into on. */
final class AnalysisDeviceOption {
    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = Executors.AUTO,
            description = "Where the float model runs: auto or cpu. Default ${DEFAULT-VALUE}. Only PyTorch's executor"
                    + " shows what layers read, and it runs on the CPU.")
    private String device;

    /** Asked for before any work, so that a wrong name costs nothing. */
    InstrumentedExecutor executor() {
        return Executors.instrumented(device);
    }
}
