package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.artifact.calibration.CalibrationManifest;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.checkpoint.DamagedWeights;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.comfy.ComfyContents;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.network.source.SingleFile;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.safetensors.StoredWeights;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mixdq info}: what a file or folder is. */
@Command(
        name = "info",
        mixinStandardHelpOptions = true,
        description = "Says what a model, checkpoint, calibration set, safetensors file or PNG is.",
        footer = {
            "",
            "Examples:",
            "  mixdq info DIR",
            "  mixdq info --verify out/w8a8",
            "  mixdq info --program out/w8a8",
            "  mixdq info out.png"
        })
final class InfoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "PATH", description = "File or folder.")
    private Path path;

    @Mixin
    private WeightsOptions chosen;

    @Mixin
    private ProgramOptions program;

    @Option(names = "--verify", description = "Also read all data: digests, and NaN or infinity in weights.")
    private boolean verify;

    @Option(names = "--json", description = "Print what was found as one JSON object.")
    private boolean asJson;

    private final Report report = new Report();
    private final ObjectNode json = Json.mapper().createObjectNode();
    private boolean anyDamage;

    @Override
    public Integer call() {
        if (!Files.exists(path)) {
            throw new UsageException(
                    "There is no file or folder " + path + "; give the path of something mixdq reads.");
        }
        if (program.asked) {
            program();
        } else if (Files.isRegularFile(path)) {
            if (path.toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
                picture();
            } else if (path.toString().endsWith(".safetensors") && SingleFile.isModel(path)) {
                model();
            } else {
                if (path.toString().endsWith(".safetensors")) {
                    Optional<String> held = SingleFile.otherContents(path);
                    forComfy(held.orElse("Tensors"));
                    held.ifPresent(what -> report.line("It holds %s.", what));
                }
                weights(SafetensorsFolder.open(path, chosen.variant()), json.put("kind", "weights"));
            }
        } else if (CalibrationManifest.read(path).isPresent()) {
            calibration(CalibrationManifest.read(path).orElseThrow());
        } else if (QuantizationConfig.isIn(path)) {
            quantized();
        } else if (Files.isRegularFile(path.resolve("model_index.json"))) {
            model();
        } else {
            weights(SafetensorsFolder.open(path, chosen.variant()), json.put("kind", "weights"));
        }
        report.print(spec.commandLine().getOut(), asJson, json);
        if (anyDamage) {
            throw new MixdqException("The weights in " + path
                    + " hold NaN or infinity in the tensors listed as DAMAGED; get the model again.");
        }
        return 0;
    }

    private void program() {
        ProgramReport lowered = new ProgramReport(program, report, json);
        if (QuantizationConfig.isIn(path)) {
            lowered.checkpoint(path);
        } else {
            lowered.model(chosen.open(path));
        }
    }

    private void picture() {
        Map<String, String> texts = Png.text(path);
        json.put("kind", "picture");
        texts.forEach(json.putObject("text")::put);
        report.line("PNG picture, %s", Units.bytes(Folders.size(path)));
        if (texts.isEmpty()) {
            report.line("It carries no text: it does not tell how it was made.");
        }
        texts.forEach((key, text) -> report.line("%s:%n  %s", key, text.replace("\n", "\n  ")));
    }

    private void calibration(CalibrationManifest manifest) {
        json.put("kind", "calibration set")
                .put("samples", manifest.samples().size())
                .put("shards", manifest.shardCount())
                .put("finished", manifest.finished());
        json.set("settings", manifest.settings());
        report.line(
                "Calibration set: %d samples in %d shards, %s",
                manifest.samples().size(),
                manifest.shardCount(),
                manifest.finished() ? "finished" : "unfinished: run the same 'mixdq calibrate' command again");
        manifest.settings().fields().forEachRemaining(e -> {
            if (!e.getValue().isObject()) {
                report.line("  %s: %s", e.getKey(), e.getValue());
            }
        });
        components(manifest.model());
        if (verify) {
            CalibrationSet.open(path);
            report.line("All shards are the bytes that were written.");
        }
    }

    /** A text encoder, or the VAE. */
    private void part(String component, ObjectNode parts) {
        try (QuantizedCheckpoint checkpoint =
                QuantizedCheckpoint.openPart(path, component).orElseThrow()) {
            if (verify) {
                checkpoint.verify();
            }
            int layers = checkpoint.config().layers().size();
            parts.putObject(component).put("layers_quantized", layers).put("bytes", checkpoint.bytes());
            report.line("%s: weights of %d layers quantized, %s", component, layers, Units.bytes(checkpoint.bytes()));
        }
    }

    private void quantized() {
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(path)) {
            QuantizationConfig config = checkpoint.config();
            json.put("kind", "quantized checkpoint")
                    .put("component", config.component())
                    .put("layers_quantized", config.layers().size())
                    .put("bytes", checkpoint.bytes());
            json.set("scheme", config.scheme());
            config.floatLayers().forEach(json.putObject("float_layers")::put);
            report.line(
                    "Quantized %s by scheme %s: %d layers quantized, %d in float, %s",
                    config.component(),
                    config.scheme().path("name").asText(),
                    config.layers().size(),
                    config.floatLayers().size(),
                    Units.bytes(checkpoint.bytes()));
            config.floatLayers().forEach((id, reason) -> report.line("  float: %s (%s)", id, reason));
            report.line(
                    "%d layers with split input, %d BOS-aware, %d quantized token by token, %d with balanced channels,"
                            + " %d rotated",
                    config.layers().values().stream()
                            .filter(l -> !l.split().isEmpty())
                            .count(),
                    config.layers().values().stream().filter(l -> l.bos()).count(),
                    config.layers().values().stream().filter(l -> l.dynamic()).count(),
                    config.layers().values().stream().filter(l -> l.balanced()).count(),
                    config.layers().values().stream()
                            .filter(l -> l.rotation() != Rotation.NONE)
                            .count());
            components(config.source());
            ObjectNode encoders = json.putObject("text_encoders");
            checkpoint.encoders().forEach(name -> part(name, encoders));
            if (checkpoint.holdsDecoder()) {
                part("vae", json);
            }
            if (verify) {
                checkpoint.verify();
                report.line("The weights are the bytes that were written, and every layer can be read.");
            }
        }
    }

    private void model() {
        ModelSource folder = chosen.open(path);
        if (folder instanceof SingleFile file) {
            forComfy(file.family());
        }
        report.line(
                "%s",
                folder instanceof SingleFile file
                        ? file.description()
                        : folder.pipelineClass() + " in diffusers' layout");
        json.put("kind", "model").put("pipeline", folder.pipelineClass());
        ModelFingerprint fingerprint;
        try {
            fingerprint = ModelFingerprint.of(folder);
        } catch (MixdqException e) {
            if (!(folder instanceof SingleFile)) {
                throw e;
            }
            // What the file holds can be said though it takes more to draw with it.
            report.line("To draw with it: %s", e.getMessage());
            weights(SafetensorsFolder.open(path), json);
            return;
        }
        for (String component : fingerprint.components().keySet()) {
            report.line("%s (%s...)", component, fingerprint.brief(component));
            weights(folder.weights(component), json.putObject(component));
        }
    }

    /** One line of what is quantized in a file in a form of ComfyUI's. */
    private void forComfy(String what) {
        ComfyContents.of(path).ifPresent(contents -> {
            report.line("%s, quantized for ComfyUI: %s", what, contents);
            contents.layers().forEach(json.putObject("layers_quantized")::put);
        });
    }

    private void components(ModelFingerprint model) {
        json.set("made_from", model.toJson());
        model.components().keySet().forEach(name -> report.line("  made from %s %s...", name, model.brief(name)));
    }

    private void weights(StoredWeights opened, ObjectNode found) {
        try (StoredWeights weights = opened) {
            Map<String, Integer> types = new TreeMap<>();
            long numbers = 0;
            for (String name : weights.storedNames()) {
                types.merge(weights.storedType(name), 1, Integer::sum);
                numbers += Arrays.stream(weights.storedShape(name)).reduce(1, (a, b) -> a * b);
            }
            int tensors = weights.storedNames().size();
            report.line("  %,d numbers in %d tensors %s", numbers, tensors, types);
            found.put("numbers", numbers).put("tensors", tensors);
            types.forEach(found.putObject("types")::put);
            if (verify) {
                verify(weights, found);
            }
        }
    }

    private void verify(StoredWeights weights, ObjectNode found) {
        Set<String> unknown = new TreeSet<>();
        for (String name : weights.names()) {
            if (!isReadable(weights, name)) {
                unknown.add(weights.storedType(name));
                continue;
            }
            long damaged = DamagedWeights.count(weights, name);
            if (damaged > 0) {
                anyDamage = true;
                found.withObject("/damaged").put(name, damaged);
                report.line("  DAMAGED: %s holds %d values that are NaN or infinite", name, damaged);
            }
        }
        report.line(
                "  All data was read%s.",
                unknown.isEmpty() ? "" : ", but tensors of these types, which mixdq does not compute with: " + unknown);
    }

    private static boolean isReadable(StoredWeights weights, String name) {
        try {
            weights.dtype(name);
            weights.shape(name);
            return true;
        } catch (MixdqException e) {
            // Nothing to say about its numbers is no reason to say nothing about the others.
            return false;
        }
    }
}
