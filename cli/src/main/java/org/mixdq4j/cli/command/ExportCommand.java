package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.mixdq4j.cli.terminal.Memory;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.comfy.ComfyCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.comfy.QuantizedSources;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.export.comfy.ComfyExport;
import org.mixdq4j.export.onnx.OnnxExport;
import org.mixdq4j.export.onnx.OnnxModel;
import org.mixdq4j.export.onnx.OnnxOptions;
import org.mixdq4j.export.onnx.QuantForm;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq export}: a model or a quantized checkpoint in the form of other programs. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = "Writes a model, in float or quantized, in a form that other programs run.",
        footer = {
            "",
            "Examples:",
            "  mixdq export --model DIR --quantized out/w8a8 --format onnx --out out/onnx",
            "  mixdq export --model DIR --quantized out/comfy --format comfy --out model-int8.safetensors",
            "  mixdq export --model DIR --format onnx --components vae_decoder --height 1024 --width 1024 --out out/onnx"
        })
final class ExportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--quantized",
            paramLabel = "DIR",
            description =
                    "Quantized checkpoint made from that model, or an INT8 file of its network in ComfyUI's form.")
    private Path quantized;

    @Option(names = "--format", required = true, paramLabel = "FORMAT", description = "${COMPLETION-CANDIDATES}.")
    private Format format;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "PATH",
            description = "Folder of the files (onnx), or the file (comfy).")
    private Path out;

    @Option(names = "--overwrite", description = "Replace files that are there.")
    private boolean overwrite;

    @Option(names = "--json", description = "Print the summary as one JSON object.")
    private boolean json;

    @ArgGroup(validate = false, heading = "ONNX:%n")
    private OnnxSettings onnx = new OnnxSettings();

    /** What can be written. */
    enum Format {
        /** ONNX, for ONNX Runtime and TensorRT. */
        onnx,
        /** One file in the ldm layout, for ComfyUI and stable-diffusion.cpp: Linear layers in INT8, all else in FP16. */
        comfy
    }

    @ArgGroup(validate = false, heading = "ComfyUI and stable-diffusion.cpp:%n")
    private ComfySettings comfy = new ComfySettings();

    private static final class ComfySettings {
        @Option(names = "--denoiser-only", description = "Write the unet or transformer alone, not a whole checkpoint.")
        private boolean denoiserOnly;
    }

    private static final class OnnxSettings {
        @Option(
                names = "--components",
                split = ",",
                paramLabel = "NAME",
                description = "unet or transformer, vae_decoder, text_encoder, ...; default all.")
        private List<String> components = List.of();

        @Option(
                names = "--form",
                paramLabel = "FORM",
                defaultValue = "qdq",
                description = "Of quantized layers. qdq: QuantizeLinear and DequantizeLinear with the checkpoint's"
                        + " integers; integer: MatMulInteger and ConvInteger, for CPUs; tensorrt: qdq with signed"
                        + " symmetric inputs. Default ${DEFAULT-VALUE}.")
        private QuantForm form;

        @Option(names = "--height", paramLabel = "PIXELS", description = "Picture height; default the model's.")
        private Integer height;

        @Option(names = "--width", paramLabel = "PIXELS", description = "Picture width; default the model's.")
        private Integer width;

        @Option(
                names = "--batch",
                paramLabel = "N",
                defaultValue = "1",
                description = "Rows of every input: 2 for guidance in one call. Default ${DEFAULT-VALUE}.")
        private int batch;

        @Option(
                names = "--max-sequence-length",
                paramLabel = "N",
                description = "Tokens of a prompt that a T5 reads; default the model's.")
        private Integer maxSequenceLength;

        @Option(names = "--no-t5", description = "Leave out the T5 of a model that has one (SD3).")
        private boolean noT5;

        @Option(names = "--external-data", description = "Put weights beside the model even where they fit into it.")
        private boolean externalData;
    }

    @Override
    public Integer call() {
        ModelSource source = model.open();
        if (quantized == null && ComfyCheckpoint.isIn(model.path)) {
            quantized = model.path;
        }
        try (QuantizedCheckpoint checkpoint = quantized == null ? null : QuantizedSources.open(quantized, source)) {
            if (checkpoint != null && !quantized.equals(model.path)) {
                checkpoint.requireMadeFrom(ModelFingerprint.of(source), source);
            }
            if (format == Format.comfy) {
                comfy(source, Optional.ofNullable(checkpoint));
            } else {
                onnx(source, Optional.ofNullable(checkpoint));
            }
        }
        return 0;
    }

    private void comfy(ModelSource source, Optional<QuantizedCheckpoint> checkpoint) {
        ComfyExport.Outcome written = new ComfyExport(
                        new ComfyExport.Request(source, checkpoint, comfy.denoiserOnly, overwrite, out))
                .write(ProgressLine.standard());
        ObjectNode summary = Json.mapper().createObjectNode();
        summary.put("format", format.name()).put("out", out.toString()).put("bytes", written.bytes());
        written.integers().forEach(summary.putArray("integer_layers")::add);
        Report report = new Report();
        report.line(
                "%d layers with integer weights, inputs quantized row by row",
                written.integers().size());
        written.folded().forEach(summary.putArray("factors_in_norms")::add);
        if (!written.folded().isEmpty()) {
            report.line(
                    "%d of them balanced: their factors are in the norms before them",
                    written.folded().size());
        }
        listed(report, summary.putObject("in_fp16"), "in FP16", written.floats());
        listed(report, summary.putObject("approximated"), "approximated", written.changes());
        report.line("%s: %s", out, Units.bytes(written.bytes()))
                .print(spec.commandLine().getOut(), json, summary);
    }

    private static void listed(Report report, ObjectNode json, String what, Map<String, List<String>> found) {
        found.forEach((reason, names) -> {
            names.forEach(json.putArray(reason)::add);
            report.line("  %s, %s: %d (%s)", what, reason, names.size(), String.join(", ", names));
        });
    }

    private void onnx(ModelSource source, Optional<QuantizedCheckpoint> checkpoint) {
        DiffusionNetwork network = DiffusionNetwork.of(source);
        OnnxModel.Request request = new OnnxModel.Request(
                source,
                checkpoint,
                onnx.components,
                SamplingOptions.positive("--batch", onnx.batch),
                onnx.height == null ? network.defaultHeight() : onnx.height,
                onnx.width == null ? network.defaultWidth() : onnx.width,
                PromptSettings.of(source, Optional.ofNullable(onnx.maxSequenceLength), onnx.noT5),
                new OnnxOptions(onnx.form, onnx.externalData, Map.of()),
                overwrite,
                out);
        report(new OnnxModel(request).write(ProgressLine.standard()));
    }

    private void report(List<OnnxModel.Component> written) {
        Report report = new Report();
        ObjectNode summary = Json.mapper().createObjectNode();
        summary.put("format", format.name()).put("opset", OnnxExport.OPSET).put("out", out.toString());
        ArrayNode components = summary.putArray("components");
        for (OnnxModel.Component component : written) {
            ObjectNode entry = components.addObject();
            entry.put("name", component.name()).put("bytes", component.bytes());
            ArrayNode files = entry.putArray("files");
            component.files().forEach(file -> files.add(file.toString()));
            component.layers().forEach(entry.putObject("layers")::put);
            report.line(
                    "%s: %s, %s",
                    component.name(),
                    Units.bytes(component.bytes()),
                    component.layers().entrySet().stream()
                            .map(form -> form.getValue() + " " + form.getKey())
                            .collect(Collectors.joining(", ", "layers ", "")));
            if (onnx.form == QuantForm.TENSORRT && quantized != null) {
                report.line("  Inputs with a range are signed and symmetric: numbers differ from the checkpoint's");
            }
            if (component.byToken() > 0) {
                report.line(
                        onnx.form == QuantForm.TENSORRT
                                ? "  %d of them have inputs quantized token by token, which TensorRT cannot: they stay in float"
                                : "  %d of them find the scales of their inputs at run time: ONNX Runtime can, TensorRT cannot",
                        component.byToken());
            }
        }
        Memory.peak().ifPresent(peak -> summary.put("peak_memory_bytes", peak));
        report.line("ONNX opset %d in %s", OnnxExport.OPSET, out);
        Memory.peak().ifPresent(peak -> report.line("Peak memory: %s", Units.bytes(peak)));
        report.print(spec.commandLine().getOut(), json, summary);
    }
}
