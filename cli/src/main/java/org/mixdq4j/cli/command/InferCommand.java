package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.mixdq4j.calib.captions.Caption;
import org.mixdq4j.calib.captions.Captions;
import org.mixdq4j.cli.infer.DrawingTimes;
import org.mixdq4j.cli.infer.GivenNoise;
import org.mixdq4j.cli.infer.PictureFile;
import org.mixdq4j.cli.infer.Trace;
import org.mixdq4j.cli.terminal.Memory;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.comfy.ComfyCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.comfy.QuantizedSources;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.PictureSeries;
import org.mixdq4j.core.pipeline.PipelineSetup;
import org.mixdq4j.core.pipeline.SamplingSettings;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.tensor.Shape;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq infer}: prompts to pictures, in float or quantized. */
@Command(
        name = "infer",
        mixinStandardHelpOptions = true,
        description = "Draws pictures, in float or with a quantized checkpoint in integer arithmetic.",
        footer = {
            "",
            "The same prompt, seed and model give the same picture. Seeds are those of torch's CPU generator.",
            "Examples:",
            "  mixdq infer --model DIR --prompt \"a red circle\" --steps 1 --seed 7 --out out.png",
            "  mixdq infer --model DIR --quantized out/w8a8 --prompts prompts.txt --out pictures/p.png"
        })
final class InferCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private DeviceOption device;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private ModelOptions model;

    @Option(names = "--quantized", paramLabel = "DIR", description = "Quantized checkpoint made from that model.")
    private Path quantized;

    @ArgGroup(multiplicity = "1")
    private Prompts prompts;

    private static final class Prompts {
        @Option(
                names = "--prompt",
                required = true,
                paramLabel = "TEXT",
                description = "What to draw; may be given several times.")
        private List<String> given;

        @Option(
                names = "--prompts",
                required = true,
                paramLabel = "FILE",
                description = "File with prompts: text with one a line, a table or JSON (as --captions of calibrate).")
        private Path file;
    }

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Of the first picture; each further one takes the next. Default ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--execution",
            paramLabel = "HOW",
            defaultValue = "int8",
            converter = ArithmeticConverter.class,
            description = "How a quantized checkpoint is computed: int8 or simulated. Default ${DEFAULT-VALUE}.")
    private Arithmetic execution;

    @Option(
            names = "--latents",
            paramLabel = "FILE",
            description = "Start from this noise (safetensors) instead of a seed.")
    private Path latents;

    @Option(
            names = "--save-latents",
            paramLabel = "FILE",
            description = "Write embeddings, every step and the picture.")
    private Path saveLatents;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "PNG",
            description = "Picture file; several pictures are numbered.")
    private Path out;

    private SamplingSettings drawn;

    @Override
    public Integer call() {
        List<String> texts = prompts.given != null ? prompts.given : read(prompts.file);
        ModelSource folder = model.open();
        PrintWriter err = spec.commandLine().getErr();
        int height = sampling.height(folder);
        int width = sampling.width(folder);
        drawn = sampling.settings(folder, err);
        warnIfNegativeIsUnused();
        DrawingTimes times = new DrawingTimes();
        List<Double> stepSeconds = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        // Without a file to write, nothing is kept: a long list of prompts must not fill the memory.
        Trace trace = saveLatents == null ? null : new Trace();
        if (quantized == null && ComfyCheckpoint.isIn(model.path)) {
            quantized = model.path;
        }
        try (QuantizedCheckpoint checkpoint = quantized == null ? null : QuantizedSources.open(quantized, folder);
                GivenNoise given = latents == null ? null : new GivenNoise(latents)) {
            if (checkpoint != null && !quantized.equals(model.path)) {
                checkpoint.requireMadeFrom(ModelFingerprint.of(folder), model.path);
                SamplingOptions.warnIfFar(quantized, drawn, height, width, err);
            }
            PipelineSetup setup = new PipelineSetup(
                    folder,
                    height,
                    width,
                    sampling.prompts(folder),
                    Optional.ofNullable(checkpoint),
                    new Numerics(FloatType.F32, execution),
                    sampling.lowMemory(),
                    drawn.scheduler());
            Executor executor = device.executor(setup, checkpoint != null);
            times.started();
            try (executor;
                    TextToImage pipeline = TextToImage.open(setup, executor)) {
                executor.remarks().forEach(remark -> spec.commandLine().getErr().println("mixdq: " + remark));
                Shape latent = pipeline.latentShape();
                if (given != null) {
                    given.requireShape(latent, texts.size());
                }
                ProgressLine progress = ProgressLine.standard();
                progress.begin("drawing", texts.size());
                new PictureSeries(pipeline, sampling.batchSize(), progress)
                        .draw(
                                0,
                                texts.size(),
                                i -> {
                                    warnIfTruncated(pipeline, texts.get(i));
                                    NoiseSource source = given != null ? given.of(i) : NoiseSource.seeded(seed + i);
                                    NoiseSource noise = trace == null ? source : trace.recording(source, latent);
                                    return new TextToImage.Job(request(texts.get(i)), noise, step -> {
                                        stepSeconds.add(step.seconds());
                                        if (trace != null) {
                                            trace.step(step);
                                        }
                                    });
                                },
                                (i, result) -> {
                                    if (trace != null) {
                                        trace.result(result);
                                    }
                                    Path file = PictureFile.numbered(out, i, texts.size());
                                    String parameters = parameters(folder, texts.get(i), i, width, height);
                                    times.writing(() -> Png.save(
                                            file, RgbImage.ofUnit(result.image()), Map.of("parameters", parameters)));
                                    files.add(file);
                                });
                progress.end();
                if (trace != null) {
                    trace.write(saveLatents, pipeline.schedule(request("")));
                }
                report(files, stepSeconds, executor.description(), times.end(pipeline.times()));
            }
        }
        return 0;
    }

    private TextToImage.Request request(String prompt) {
        return drawn.request(prompt, sampling.negative());
    }

    private String parameters(ModelSource folder, String prompt, int index, int width, int height) {
        Map<String, String> more = new LinkedHashMap<>();
        more.put(
                "Model",
                folder.root().toAbsolutePath().normalize().getFileName().toString());
        if (!folder.merged().isEmpty()) {
            more.put("LoRA", String.join(" ", folder.merged().keySet()));
        }
        if (sampling.noT5) {
            more.put("T5", "no");
        }
        if (sampling.clipSkip > 0) {
            // As the web UIs whose form this is count.
            more.put("Clip skip", Integer.toString(sampling.clipSkip + 1));
        }
        if (!sampling.embeddings.isEmpty()) {
            more.put(
                    "Embeddings",
                    sampling.embeddings.stream()
                            .map(given -> Path.of(given).getFileName().toString())
                            .collect(Collectors.joining(" ")));
        }
        if (quantized != null) {
            more.put(
                    "Quantized",
                    quantized.toAbsolutePath().normalize().getFileName().toString());
            more.put("Execution", execution.word());
        }
        String seedText = latents != null ? "given latents" : Long.toString(seed + index);
        return PictureFile.parameters(
                request(prompt), seedText, width, height, drawn.scheduler().name(), more);
    }

    private void warnIfNegativeIsUnused() {
        if (sampling.negative().isPresent() && drawn.guidance() <= 1) {
            spec.commandLine()
                    .getErr()
                    .println("mixdq: --negative has no effect at guidance " + drawn.guidance()
                            + "; give --guidance above 1.");
        }
    }

    private void warnIfTruncated(TextToImage pipeline, String prompt) {
        List<String> truncating = pipeline.truncating(prompt);
        if (!truncating.isEmpty()) {
            spec.commandLine()
                    .getErr()
                    .println("mixdq: the end of a prompt is more than the text encoder takes and is left out ("
                            + String.join(", ", truncating) + "): " + prompt);
        }
    }

    private static List<String> read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new UsageException("There is no prompts file " + file + "; give a text file with one prompt a line.");
        }
        return Captions.all(file).stream().map(Caption::text).toList();
    }

    private void report(List<Path> files, List<Double> stepSeconds, String executor, DrawingTimes.Seconds times) {
        double median = stepSeconds.stream()
                .sorted()
                .skip(stepSeconds.size() / 2)
                .findFirst()
                .orElse(Double.NaN);
        ObjectNode json = Json.mapper().createObjectNode();
        ArrayNode pictures = json.putArray("pictures");
        files.forEach(file -> pictures.add(file.toString()));
        json.put("seconds_per_step_median", median).put("device", executor);
        json.set("seconds", times.json());
        Memory.peak().ifPresent(peak -> json.put("peak_memory_bytes", peak));
        Report report = new Report();
        report.line(
                "Picture%s: %s%s",
                files.size() == 1 ? "" : "s",
                files.get(0),
                files.size() == 1 ? "" : " ... " + files.get(files.size() - 1));
        report.line(
                "Network: %s a step (median of %d), first %s; %s",
                Units.millis(median), stepSeconds.size(), Units.millis(stepSeconds.get(0)), executor);
        report.line("Time: %s", times.line());
        Memory.peak().ifPresent(peak -> report.line("Peak memory: %s", Units.bytes(peak)));
        report.print(spec.commandLine().getOut(), common.json, json);
    }
}
