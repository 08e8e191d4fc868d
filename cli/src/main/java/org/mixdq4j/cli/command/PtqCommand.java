package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.ptq.encoder.EncoderReport;
import org.mixdq4j.ptq.rank.RankedPlan;
import org.mixdq4j.ptq.run.PtqRequest;
import org.mixdq4j.ptq.run.PtqRun;
import org.mixdq4j.ptq.run.PtqSummary;
import org.mixdq4j.ptq.scheme.Scheme;
import org.mixdq4j.ptq.scheme.SchemeReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq ptq}: float model and calibration set to a quantized checkpoint. */
@Command(
        name = "ptq",
        mixinStandardHelpOptions = true,
        description =
                "Quantizes a model's noise predictor by a scheme, and bit plans if given, and writes the checkpoint. Its"
                        + " text encoders and its VAE's decoder, too, where the scheme says so.",
        footer = {
            "",
            "Examples:",
            "  mixdq ptq --model DIR --calib out/calib --scheme configs/schemes/w8a8.yaml --out out/w8a8",
            "  mixdq ptq ... --scheme configs/schemes/mixed.yaml --plan plan.yaml     bits of each layer, by allocate",
            "  mixdq ptq ... --scheme configs/schemes/mixed.yaml --plans plan.candidates     the best of several plans"
        })
final class PtqCommand implements Callable<Integer> {
    /** Candidates of a round that are printed; all are in summary.json. */
    private static final int SHOWN = 3;

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ModelOptions model;

    @Mixin
    private CalibrationOption calibration;

    @Option(names = "--scheme", required = true, paramLabel = "FILE", description = "Quantization scheme, YAML.")
    private Path scheme;

    @Mixin
    private PlanOptions plans;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the checkpoint.")
    private Path out;

    @Option(
            names = "--ablation",
            paramLabel = "ROWS",
            defaultValue = "8",
            description = "Calibration rows on which BOS-awareness and splitting are switched off one at a time;"
                    + " 0 for none. Default ${DEFAULT-VALUE}.")
    private int ablation;

    @Option(names = "--overwrite", description = "Replace a checkpoint that is there, once the new one is finished.")
    private boolean overwrite;

    @Override
    public Integer call() {
        if (ablation < 0) {
            throw new UsageException("--ablation is " + ablation + "; give 0 or more.");
        }
        ModelSource folder = model.open();
        CalibrationSet set = CalibrationSet.open(calibration.folder);
        Scheme read = SchemeReader.read(scheme);
        PtqRequest request = new PtqRequest(folder, set, read, plans.choice(read), ablation, overwrite, out);
        Report report = new Report();
        ObjectNode json;
        try (InstrumentedExecutor executor = Executors.instrumented()) {
            PtqRun run = new PtqRun(request, executor, ProgressLine.standard());
            if (run.finished()) {
                json = (ObjectNode) run.finishedSummary();
                report.line("The checkpoint was finished already: nothing to do.");
            } else {
                PtqSummary summary = run.run();
                json = (ObjectNode) summary.toJson();
                report(summary, report);
            }
        }
        Path html = StageReport.ofCheckpoint(out, Optional.ofNullable(plans.plan));
        json.put("out", out.toString()).put("report", html.toString());
        report.line("Checkpoint: %s (details in summary.json)", out)
                .line("Report: %s", html)
                .line("Next: mixdq infer %s --quantized %s --prompt \"...\" --out out.png", model.again(), out)
                .print(spec.commandLine().getOut(), common.json, json);
        return 0;
    }

    private static String line(EncoderReport encoder) {
        String quality = encoder.measured()
                .map(measured -> "; output SQNR " + Units.decibels(measured.sqnr()) + " a token")
                .orElse("");
        if (encoder.bits() == Scheme.FLOAT_BITS) {
            return encoder.component() + ": stays in float, below the scheme's floor" + quality;
        }
        return String.format(
                        Locale.ROOT,
                        "%s: %s (%.3f of the float file), %d layers with weights of %d bits",
                        encoder.component(),
                        Units.bytes(encoder.bytes()),
                        (double) encoder.bytes() / encoder.sourceBytes(),
                        encoder.layers(),
                        encoder.bits())
                + (encoder.activations() == Scheme.FLOAT_BITS ? "" : " and inputs of " + encoder.activations())
                + (encoder.floatLayers().isEmpty()
                        ? ""
                        : ", " + encoder.floatLayers().size() + " in float")
                + quality;
    }

    /** The lines about a quantization that other commands print too. */
    static void report(PtqSummary summary, Report report) {
        ranking(summary, report);
        report.line(
                "Layers: %s",
                summary.formCounts().entrySet().stream()
                        .map(form -> form.getValue() + " " + form.getKey())
                        .collect(Collectors.joining(", ")));
        report.line(
                "Network: %s (%.3f of its %s in FP32), %.2f bits a weight and %.2f an input on average",
                Units.bytes(summary.quantizedBytes()),
                (double) summary.quantizedBytes() / summary.float32Bytes(),
                Units.bytes(summary.float32Bytes()),
                summary.network().weightBits(),
                summary.network().activationBits());
        summary.balance()
                .ifPresent(balance -> report.line(
                        "Inputs of %d layers that can have it: channels of %d balanced, %d rotated",
                        balance.choices().size(),
                        balance.multipliers().size(),
                        balance.rotations().size()));
        summary.textEncoders().forEach(encoder -> report.line("%s", line(encoder)));
        summary.decoder()
                .ifPresent(vae -> report.line(
                        "vae: %s (%.3f of the float file), %d layers in 8 bits, %d in float; pictures %s PSNR, the worst of"
                                + " %d %s",
                        Units.bytes(vae.bytes()),
                        (double) vae.bytes() / vae.sourceBytes(),
                        vae.layers(),
                        vae.floatLayers().size(),
                        Units.decibels(vae.psnr()),
                        vae.pictures(),
                        Units.decibels(vae.leastPsnr())));
        summary.rounding()
                .ifPresent(rounding -> report.line(
                        "Rounding: %s kept; output SQNR %s by gptq, %s to nearest (%d held-out rows)",
                        rounding.kept() ? "gptq" : "nearest",
                        Units.decibels(rounding.chosenSqnr()),
                        Units.decibels(rounding.nearestSqnr()),
                        rounding.rows()));
        double full = summary.quality().getOrDefault("as written", Double.NaN);
        summary.quality()
                .forEach((variant, db) -> report.line(
                        "Output SQNR %s: %s%s",
                        variant,
                        Units.decibels(db),
                        variant.equals("as written")
                                ? " (simulated, " + summary.qualityRows() + " calibration rows)"
                                : String.format(Locale.ROOT, " (%+.1f dB)", db - full)));
        for (Map.Entry<String, Double> layer : summary.worst(5)) {
            report.line(
                    "  worst alone: %s %s%s",
                    Units.decibels(layer.getValue()),
                    layer.getKey(),
                    summary.floatLayers().containsKey(layer.getKey()) ? " (kept in float)" : "");
        }
    }

    /** The best of each round of candidates. */
    private static void ranking(PtqSummary summary, Report report) {
        for (RankedPlan plan : summary.candidates()) {
            if (plan.rank() > SHOWN) {
                continue;
            }
            if (plan.rank() == 1) {
                long all = summary.candidates().stream()
                        .filter(other -> other.round().equals(plan.round()))
                        .count();
                report.line("Plans of %s, the best of %d:", plan.round(), all);
            }
            report.line(
                    "  %d. %s: %.3f bits, %s, output %s%s",
                    plan.rank(),
                    plan.name(),
                    plan.bits(),
                    Units.bytes(plan.bytes()),
                    Units.decibels(plan.quality().outputSqnr()),
                    plan.quality()
                            .pictures()
                            .map(pictures -> String.format(
                                    Locale.ROOT,
                                    ", pictures %s, SSIM %.4f",
                                    Units.decibels(pictures.psnr()),
                                    pictures.ssim()))
                            .orElse(""));
        }
    }
}
