package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.mixdq4j.cli.terminal.Memory;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.exec.ExecutorProvider;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.io.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq doctor}: what this machine has. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Says what this machine has and what can run on it.",
        footer = {"", "Example:", "  mixdq doctor"})
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print what was found as one JSON object.")
    private boolean asJson;

    @Override
    public Integer call() {
        Report report = new Report();
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("java", Runtime.version().toString())
                .put("os", System.getProperty("os.name"))
                .put("arch", System.getProperty("os.arch"))
                .put("processors", Runtime.getRuntime().availableProcessors())
                .put("gpu", gpu());
        Memory.total().ifPresent(total -> json.put("memory_bytes", total));
        ArrayNode executors = json.putArray("executors");
        report.line(
                "Java: %s %s (%s)",
                System.getProperty("java.vm.name"), Runtime.version(), System.getProperty("java.home"));
        report.line(
                "System: %s %s, %d processors",
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors());
        Memory.total()
                .ifPresent(total -> report.line(
                        "Memory: %s, %s available; this program's heap may grow to %s",
                        Units.bytes(total),
                        Units.bytes(Memory.available().orElse(0)),
                        Units.bytes(Runtime.getRuntime().maxMemory())));
        report.line("GPU: %s", gpu());
        boolean any = false;
        for (ExecutorProvider provider : Executors.providers()) {
            String trouble = provider.unavailable().orElse(null);
            ObjectNode executor = executors
                    .addObject()
                    .put("name", provider.name())
                    .put("ready", trouble == null)
                    .put("trouble", trouble);
            report.line("Executor %s: %s", provider.name(), trouble == null ? "ready" : "cannot run: " + trouble);
            if (trouble == null) {
                any = true;
                ArrayNode details = executor.putArray("details");
                provider.describe().forEach(line -> {
                    report.line("  %s", line);
                    details.add(line);
                });
            }
        }
        report.line(any ? "All that is needed is here." : "Nothing can run here: see the executors above.")
                .print(spec.commandLine().getOut(), asJson, json);
        return any ? 0 : 1;
    }

    private static String gpu() {
        Path driver = Path.of("/proc/driver/nvidia/version");
        if (!Files.isReadable(driver)) {
            return "no NVIDIA driver found";
        }
        try {
            List<String> lines = Files.readAllLines(driver);
            return String.format(Locale.ROOT, "%s; see the executor cuda", lines.get(0));
        } catch (IOException e) {
            return "an NVIDIA driver that does not tell its version (" + e.getMessage() + ")";
        }
    }
}
