package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.mixdq4j.calib.captions.Caption;
import org.mixdq4j.calib.captions.Captions;
import org.mixdq4j.calib.run.CalibrationRequest;
import org.mixdq4j.calib.run.CalibrationRun;
import org.mixdq4j.cli.grid.ImageGrid;
import org.mixdq4j.cli.terminal.Memory;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.PipelineSetup;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.pipeline.SamplingDefaults;
import org.mixdq4j.core.pipeline.SamplingSettings;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.core.random.TorchRandom;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.evaluate.pair.Drawing;
import org.mixdq4j.evaluate.pair.DrawnStore;
import org.mixdq4j.evaluate.pair.PairEvaluation;
import org.mixdq4j.ptq.run.PtqRequest;
import org.mixdq4j.ptq.run.PtqRun;
import org.mixdq4j.ptq.run.PtqSummary;
import org.mixdq4j.ptq.scheme.SchemeReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq demo}: the whole main job on the model that ships. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description =
                "Calibrates, quantizes and runs with integers the small model that ships, and compares the pictures.",
        footer = {"", "Examples:", "  mixdq demo", "  mixdq demo --samples 16 --pictures 8 --out out/quick"})
final class DemoCommand implements Callable<Integer> {
    private static final long SEED = 42;
    private static final int GRID_PAIRS = 8;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private DeviceOption device;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Another model in diffusers' layout; default the one that ships.")
    private Path model;

    @Mixin
    private WeightsOptions weights;

    @Option(
            names = "--captions",
            paramLabel = "FILE",
            description = "Other captions, as in 'mixdq calibrate'; default those that ship.")
    private Path captions;

    @Option(names = "--scheme", paramLabel = "FILE", description = "Another scheme; default configs/schemes/w8a8.yaml.")
    private Path scheme;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "64",
            description = "Captions to calibrate with. Default ${DEFAULT-VALUE}.")
    private int samples;

    @Option(
            names = "--pictures",
            paramLabel = "N",
            defaultValue = "32",
            description = "Further captions to compare pictures on. Default ${DEFAULT-VALUE}.")
    private int pictures;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "out/demo",
            description = "Where all goes. Default ${DEFAULT-VALUE}.")
    private Path out;

    @Option(
            names = "--max-sequence-length",
            paramLabel = "N",
            description = "Tokens of a prompt that a T5 reads, 2 to 512; default the model's (SD3: 256).")
    private Integer maxSequenceLength;

    /** Both models' pictures of a prompt. */
    private record Pair(String prompt, Tensor inFloat, Tensor quantized) {}

    private record Comparison(double floatSeconds, PairEvaluation.Outcome outcome, List<Pair> shown) {}

    @Override
    public Integer call() {
        SamplingOptions.positive("--samples", samples);
        if (pictures < 2) {
            throw new UsageException("--pictures is " + pictures + "; give 2 or more to compare.");
        }
        ModelSource folder = weights.open(model != null ? model : ShippedFiles.of("util_files/models/tiny-sdxl-turbo"));
        Path captionFile =
                captions != null ? captions : ShippedFiles.of("util_files/captions/captions_shapes_val.json");
        Path schemeFile = scheme != null ? scheme : ShippedFiles.of("configs/schemes/w8a8.yaml");
        List<Caption> all = Captions.read(captionFile, samples + pictures);
        ProgressLine progress = ProgressLine.standard();
        SamplingDefaults defaults = SamplingDefaults.of(folder);
        spec.commandLine()
                .getErr()
                .printf(
                        "sampling: %d steps, guidance %s (%s)%n",
                        defaults.steps(), defaults.guidance(), defaults.reason());
        PtqSummary summary;
        Comparison comparison;
        String used;
        try (InstrumentedExecutor executor = Executors.instrumented()) {
            new CalibrationRun(calibration(folder, all.subList(0, samples)), executor, progress).run();
            PtqRequest request = new PtqRequest(
                    folder,
                    CalibrationSet.open(out.resolve("calib")),
                    SchemeReader.read(schemeFile),
                    16,
                    true,
                    quantized());
            summary = new PtqRun(request, executor, progress).run();
        }
        try (Executor executor = device.executor(setup(folder, Optional.empty()), true)) {
            comparison = compare(folder, all.subList(samples, all.size()), executor, progress);
            used = executor.description();
        }
        Path grid = out.resolve("grid.png");
        writeGrid(comparison.shown(), summary, grid);
        report(summary, comparison, grid, used);
        return 0;
    }

    private Path quantized() {
        return out.resolve("w8a8");
    }

    private CalibrationRequest calibration(ModelSource folder, List<Caption> chosen) {
        DiffusionNetwork network = DiffusionNetwork.of(folder);
        return new CalibrationRequest(
                folder,
                chosen,
                prompts(folder),
                SamplingSettings.defaults(folder),
                Optional.empty(),
                network.defaultHeight(),
                network.defaultWidth(),
                SEED,
                4,
                16,
                out.resolve("calib"),
                Optional.empty());
    }

    private PromptSettings prompts(ModelSource folder) {
        return PromptSettings.of(folder, Optional.ofNullable(maxSequenceLength), false);
    }

    private PipelineSetup setup(ModelSource folder, Optional<QuantizedCheckpoint> checkpoint) {
        DiffusionNetwork network = DiffusionNetwork.of(folder);
        return new PipelineSetup(folder, network.defaultHeight(), network.defaultWidth(), checkpoint, Numerics.INTEGER)
                .with(prompts(folder));
    }

    private Comparison compare(ModelSource folder, List<Caption> chosen, Executor executor, ProgressLine progress) {
        SamplingSettings sampling = SamplingSettings.defaults(folder);
        List<Drawing> drawings = chosen.stream()
                .map(caption -> new Drawing(
                        sampling.request(caption.text(), Optional.empty()), TorchRandom.seedOf(caption.id(), SEED)))
                .toList();
        DrawnStore inFloat = DrawnStore.inMemory();
        List<Pair> shown = new ArrayList<>();
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(quantized());
                TextToImage reference = TextToImage.open(setup(folder, Optional.empty()), executor);
                TextToImage integer = TextToImage.open(setup(folder, Optional.of(checkpoint)), executor)) {
            PairEvaluation pairs = new PairEvaluation(drawings, 1, inFloat, progress);
            double floatSeconds = pairs.drawReference(reference, "drawing in float", (i, drawn) -> {});
            PairEvaluation.Outcome outcome = pairs.compare(integer, "drawing in integers", (i, drawn) -> {
                if (i < GRID_PAIRS) {
                    shown.add(new Pair(chosen.get(i).text(), inFloat.get(i).image(), drawn.image()));
                }
            });
            return new Comparison(floatSeconds, outcome, shown);
        }
    }

    /** Two prompts a row, so that the picture is about as wide as high. */
    private static void writeGrid(List<Pair> pairs, PtqSummary summary, Path file) {
        String quantized = form(summary) + " integers";
        ImageGrid grid = new ImageGrid(List.of("float", quantized, "float", quantized)).imageScale(2);
        for (int i = 0; i + 1 < pairs.size(); i += 2) {
            Pair left = pairs.get(i);
            Pair right = pairs.get(i + 1);
            grid.row(
                    left.prompt() + "  |  " + right.prompt(),
                    Stream.of(left.inFloat(), left.quantized(), right.inFloat(), right.quantized())
                            .map(RgbImage::ofUnit)
                            .toList());
        }
        Png.save(file, grid.render(), Map.of());
    }

    /** The form most layers have, such as W8A8. */
    private static String form(PtqSummary summary) {
        return summary.formCounts().entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    private void report(PtqSummary summary, Comparison comparison, Path grid, String executor) {
        PairEvaluation.Outcome outcome = comparison.outcome();
        ObjectNode json = (ObjectNode) summary.toJson();
        json.putObject("against_float")
                .put("pictures", outcome.likenesses().size())
                .put("output_sqnr_db", outcome.outputSqnr())
                .put("latent_sqnr_db", outcome.latentSqnr())
                .put("ssim", outcome.ssim().value())
                .put("psnr_db", outcome.psnr().value())
                .put("seconds_per_step_float", comparison.floatSeconds())
                .put("seconds_per_step_quantized", outcome.secondsPerStep())
                .put("device", executor);
        AtomicFiles.writeString(out.resolve("demo.json"), json.toPrettyString() + "\n");
        Report report = new Report();
        PtqCommand.report(summary, report);
        report.line(
                "%s against float on %d other captions: output SQNR %s, latents %s, pictures SSIM %.4f, PSNR %s",
                form(summary),
                outcome.likenesses().size(),
                Units.decibels(outcome.outputSqnr()),
                Units.decibels(outcome.latentSqnr()),
                outcome.ssim().value(),
                Units.decibels(outcome.psnr().value()));
        report.line(
                "Network step: float %s, integers %s (%.2fx); %s",
                Units.millis(comparison.floatSeconds()),
                Units.millis(outcome.secondsPerStep()),
                comparison.floatSeconds() / outcome.secondsPerStep(),
                executor);
        Memory.peak().ifPresent(peak -> report.line("Peak memory: %s", Units.bytes(peak)));
        report.line("Pictures side by side: %s; all figures: %s", grid, out.resolve("demo.json"))
                .print(spec.commandLine().getOut(), common.json, json);
    }
}
