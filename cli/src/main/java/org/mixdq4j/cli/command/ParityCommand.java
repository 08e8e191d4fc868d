package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.parity.ParityCheck;
import org.mixdq4j.core.parity.ParityResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mixdq parity}: our network against a recording of its original implementation. */
@Command(
        name = "parity",
        mixinStandardHelpOptions = true,
        description = "Runs model folders that hold an io.safetensors and prints how far every recorded value is off.",
        footer = {"", "Example:", "  mixdq parity util_files/fixtures/unet_sdxl util_files/fixtures/vae_sdxl"})
final class ParityCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private WeightsOptions weights;

    @Parameters(
            paramLabel = "DIR",
            arity = "1..*",
            description = "Folders with config.json, weights and io.safetensors.")
    private List<Path> folders;

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            defaultValue = "1e-4",
            description = "Allowed error, as a share of the value's largest magnitude. Default ${DEFAULT-VALUE}.")
    private double tolerance;

    @Override
    public Integer call() {
        weights.requireNoModel();
        Report report = new Report();
        ArrayNode json = Json.mapper().createArrayNode();
        int off = 0;
        int count = 0;
        try (InstrumentedExecutor executor = Executors.instrumented()) {
            for (Path folder : folders) {
                report.line("%s", folder);
                for (ParityResult result : ParityCheck.run(folder, weights.variant(), executor)) {
                    boolean within = result.within(tolerance);
                    off += within ? 0 : 1;
                    count++;
                    report.line("  %-80s %.1e%s", result.name(), result.relative(), within ? "" : "  OFF");
                    ObjectNode node = json.addObject();
                    node.put("folder", folder.toString())
                            .put("value", result.name())
                            .put("relative_error", result.relative())
                            .put("max_abs_reference", result.scale())
                            .put("within", within);
                }
            }
        }
        report.line("%d of %d values within %.1e of their largest magnitude.", count - off, count, tolerance)
                .print(spec.commandLine().getOut(), common.json, json);
        return off == 0 ? 0 : 1;
    }
}
