package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.FolderWriter;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.tensor.DType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq convert}: a model in one file to a folder in diffusers' layout. */
@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        description = "Writes a model, such as one in a single .safetensors file, as a folder in diffusers' layout.",
        footer = {
            "",
            "Every command takes such a file as --model too; a folder is for other programs.",
            "Examples:",
            "  mixdq convert --model model.safetensors --out out/model",
            "  mixdq convert --model unet.safetensors --base DIR --dtype f16 --out out/model"
        })
final class ConvertCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    /** Types of weights files. */
    enum Numbers {
        /** As stored. */
        stored(null),
        f16(DType.F16),
        bf16(DType.BF16),
        f32(DType.F32);

        private final DType type;

        Numbers(DType type) {
            this.type = type;
        }
    }

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            defaultValue = "stored",
            description = "Numbers of the weights: ${COMPLETION-CANDIDATES}. Default ${DEFAULT-VALUE}; 8-bit floats"
                    + " become 16-bit ones.")
    private Numbers dtype;

    @Option(
            names = "--max-shard-size",
            paramLabel = "GB",
            defaultValue = "10",
            description = "Largest weights file, in GB; a larger network is several files. Default ${DEFAULT-VALUE}.")
    private double shardSize;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to make.")
    private Path out;

    @Option(names = "--json", description = "Print the summary as one JSON object.")
    private boolean asJson;

    @Override
    public Integer call() {
        if (!(shardSize > 0)) {
            throw new UsageException("--max-shard-size is " + shardSize + "; give a number of GB above 0.");
        }
        ModelSource source = model.open();
        FolderWriter.Outcome outcome = new FolderWriter(
                        source,
                        Optional.ofNullable(dtype.type),
                        (long) Math.max(1, shardSize * 1e9),
                        ProgressLine.standard())
                .write(out);
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("out", out.toString());
        ObjectNode written = json.putObject("weights");
        Report report = new Report();
        for (Map.Entry<String, Long> component : outcome.written().entrySet()) {
            written.put(component.getKey(), component.getValue());
            report.line("%s: %s", component.getKey(), Units.bytes(component.getValue()));
        }
        outcome.missing().forEach(json.putArray("missing")::add);
        if (!outcome.missing().isEmpty()) {
            report.line("Not in the model, noted as absent: %s", String.join(", ", outcome.missing()));
        }
        report.line("%s in diffusers' layout: %s", source.pipelineClass(), out)
                .print(spec.commandLine().getOut(), asJson, json);
        return 0;
    }
}
