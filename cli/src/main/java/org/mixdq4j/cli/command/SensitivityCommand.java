package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.ptq.scheme.Scheme;
import org.mixdq4j.ptq.scheme.SchemeReader;
import org.mixdq4j.report.ReportInputs;
import org.mixdq4j.sensitivity.measure.Similarity;
import org.mixdq4j.sensitivity.run.SensitivityRequest;
import org.mixdq4j.sensitivity.run.SensitivityRequest.Method;
import org.mixdq4j.sensitivity.run.SensitivityRun;
import org.mixdq4j.sensitivity.run.SensitivitySummary;
import org.mixdq4j.sensitivity.variant.Variants;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq sensitivity}: what each layer costs when it alone is quantized. */
@Command(
        name = "sensitivity",
        mixinStandardHelpOptions = true,
        description = "Measures what each layer costs when its weight or its input alone is quantized.",
        footer = {
            "",
            "Example:",
            "  mixdq sensitivity --model DIR --calib out/calib --out out/sensitivity",
            "  mixdq allocate --sensitivity out/sensitivity --bits 4 --out out/plan.yaml"
        })
final class SensitivityCommand implements Callable<Integer> {
    private static final int MOST_DIRECTIONS = 1024;
    private static final String NONE = "none";

    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ModelOptions model;

    @Mixin
    private AnalysisDeviceOption device;

    @Mixin
    private CalibrationOption calibration;

    @Option(
            names = "--scheme",
            paramLabel = "FILE",
            description =
                    "Ranges, groups, granularity, rows, split and BOS-awareness as this scheme has them, its bits only where it"
                            + " balances channels for them."
                            + " Default: as configs/schemes/w8a8.yaml.")
    private Path scheme;

    @Option(
            names = "--weight-bits",
            paramLabel = "BITS",
            defaultValue = "2,3,4,6,8",
            description = "Candidates of weights, or none. Default ${DEFAULT-VALUE}.")
    private String weightBits;

    @Option(
            names = "--act-bits",
            paramLabel = "BITS",
            defaultValue = "4,6,8",
            description = "Candidates of inputs, or none. Default ${DEFAULT-VALUE}.")
    private String actBits;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "32",
            description = "Steps of calibration samples to measure on, spread over both. Default ${DEFAULT-VALUE}.")
    private int samples;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            defaultValue = "both",
            description = "exact (the network is run again from the layer on), estimate (from gradients, all layers at"
                    + " once) or both, with their rank correlation. Default ${DEFAULT-VALUE}.")
    private String method;

    @Option(
            names = "--directions",
            paramLabel = "N",
            defaultValue = "4",
            description = "Passes back a sample for the estimate. Default ${DEFAULT-VALUE}.")
    private int directions;

    @Option(
            names = "--ssim",
            paramLabel = "WINDOW",
            defaultValue = "gaussian",
            description = "gaussian (11 x 11) or global (the whole picture, as MixDQ). Default ${DEFAULT-VALUE}.")
    private String ssim;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Layers measured at once. Default: one a core, as far as --memory allows.")
    private Integer threads;

    @Option(
            names = "--memory",
            paramLabel = "GIB",
            defaultValue = "4",
            description = "For recorded values and candidates' weights; with less, more is computed again."
                    + " Default ${DEFAULT-VALUE}.")
    private double memory;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the tables.")
    private Path out;

    @Option(names = "--overwrite", description = "Throw away what was measured there with other settings.")
    private boolean overwrite;

    @Override
    public Integer call() {
        SensitivityRequest request = request();
        SensitivitySummary summary;
        try (InstrumentedExecutor executor = device.executor()) {
            summary = new SensitivityRun(request, executor, ProgressLine.standard()).run();
        }
        Report report = new Report();
        SensitivityLines.describe(summary, samples, report);
        ObjectNode json = (ObjectNode) Json.read(out.resolve("summary.json"));
        Path html = StageReport.write(ReportInputs.none().withSensitivity(out), out);
        json.put("out", out.toString()).put("report", html.toString());
        report.line("Tables: %s (YAML as MixDQ has it, sensitivity.csv, summary.json)", out)
                .line("Report: %s", html)
                .line("Next: mixdq allocate --sensitivity %s --bits 4 --out plan.yaml", out)
                .print(spec.commandLine().getOut(), common.json, json);
        return 0;
    }

    private SensitivityRequest request() {
        require(samples >= 1, "--samples is " + samples + "; give 1 or more.");
        require(
                directions >= 1 && directions <= MOST_DIRECTIONS,
                "--directions is " + directions + "; give 1 to " + MOST_DIRECTIONS + ".");
        require(threads == null || threads >= 1, "--threads is " + threads + "; give 1 or more.");
        require(memory > 0 && memory < 1 << 20, "--memory is " + memory + "; give gibibytes above 0, like 4.");
        List<Integer> ofWeights = bits("--weight-bits", weightBits);
        List<Integer> ofActs = bits("--act-bits", actBits);
        require(!ofWeights.isEmpty() || !ofActs.isEmpty(), "--weight-bits and --act-bits are both none; give one.");
        Similarity similarity = Similarity.of(ssim)
                .orElseThrow(() -> new UsageException("--ssim is '" + ssim + "'; give gaussian or global."));
        Set<Method> methods = methods();
        SensitivityRequest.Quantizers quantizers = quantizers();
        return new SensitivityRequest(
                model.open(),
                CalibrationSet.open(calibration.folder),
                ofWeights,
                ofActs,
                quantizers,
                similarity,
                samples,
                methods,
                directions,
                threads == null ? OptionalInt.empty() : OptionalInt.of(threads),
                (long) (memory * (1L << 30)),
                overwrite,
                out);
    }

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new UsageException(sentence);
        }
    }

    private static List<Integer> bits(String option, String given) {
        if (given.equals(NONE)) {
            return List.of();
        }
        Set<Integer> bits = new TreeSet<>();
        for (String number : given.split(",", -1)) {
            require(
                    number.strip().matches("[2-8]"),
                    option + " has '" + number.strip() + "'; give numbers of bits from 2 to 8, like 4,8, or none.");
            bits.add(Integer.valueOf(number.strip()));
        }
        return List.copyOf(bits);
    }

    private Set<Method> methods() {
        return switch (method) {
            case "exact" -> EnumSet.of(Method.EXACT);
            case "estimate" -> EnumSet.of(Method.ESTIMATE);
            case "both" -> EnumSet.allOf(Method.class);
            default -> throw new UsageException("--method is '" + method + "'; give exact, estimate or both.");
        };
    }

    private SensitivityRequest.Quantizers quantizers() {
        Scheme how = SchemeReader.read(scheme == null ? ShippedFiles.of("configs/schemes/w8a8.yaml") : scheme);
        Scheme.Weights w = how.weights();
        Scheme.Activations a = how.activations();
        String description = String.format(
                Locale.ROOT,
                "weights %s group %d, activations %s momentum %s batch %d percentile %s, split %b, bos %b",
                w.range().word(),
                w.group(),
                a.range().word(),
                a.momentum(),
                a.batch(),
                a.percentile(),
                how.split(),
                how.bos());
        if (a.dynamic()) {
            description += ", token";
        }
        if (how.rows() == Scheme.Rows.WEIGHT_ONLY) {
            description += ", rows " + Scheme.word(how.rows());
        }
        Optional<SensitivityRequest.BalanceBits> balance =
                how.balance() ? Optional.of(new SensitivityRequest.BalanceBits(w.bits(), a.bits())) : Optional.empty();
        if (balance.isPresent()) {
            description += ", " + balance.get();
        }
        return new SensitivityRequest.Quantizers(
                description,
                a.ranges(),
                w.search(),
                new Variants.Form(
                        w.group(), how.split(), how.bos(), a.granularity(), how.rows() == Scheme.Rows.WEIGHT_ONLY),
                a.momentum(),
                a.batch(),
                balance);
    }
}
