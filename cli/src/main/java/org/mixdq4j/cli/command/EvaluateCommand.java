package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mixdq4j.calib.captions.Captions;
import org.mixdq4j.cli.terminal.Memory;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.PipelineSetup;
import org.mixdq4j.core.random.TorchRandom;
import org.mixdq4j.evaluate.run.EvaluationRequest;
import org.mixdq4j.evaluate.run.EvaluationRun;
import org.mixdq4j.evaluate.run.Judges;
import org.mixdq4j.evaluate.run.Sample;
import org.mixdq4j.report.ReportInputs;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq evaluate}: pictures of quantized checkpoints against those of the float model. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        description = "Draws captions with the float model and with quantized checkpoints, and compares the pictures.",
        footer = {
            "",
            "The same captions and noise for all. Skip the captions that calibrated a checkpoint.",
            "Scores of your own (ImageReward, ...) are found on the class path: MIXDQ_PLUGINS=score.jar.",
            "Example:",
            "  mixdq evaluate --model DIR --quantized out/w8a8 --captions F --skip 64 --count 256 --out out/e"
        })
final class EvaluateCommand implements Callable<Integer> {
    private static final Pattern NAMED = Pattern.compile("([^/=]+)=(.+)");

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

    @Option(
            names = "--quantized",
            required = true,
            paramLabel = "[NAME=]DIR",
            description =
                    "Quantized checkpoint made from that model; may be given several times. Called by its folder's"
                            + " name if no other is given.")
    private List<String> quantized;

    @Option(
            names = "--captions",
            required = true,
            paramLabel = "FILE",
            description = "Captions or prompts: as --captions of calibrate.")
    private Path captions;

    @Option(
            names = "--skip",
            paramLabel = "N",
            defaultValue = "0",
            description = "Captions to leave out before the first. Default ${DEFAULT-VALUE}.")
    private int skip;

    @Option(names = "--count", required = true, paramLabel = "N", description = "Captions to draw.")
    private int count;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
            description = "Mixed with each caption's id, as in 'mixdq calibrate'. Default ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--clip",
            paramLabel = "DIR",
            description =
                    "CLIPModel folder of transformers (openai/clip-vit-..., or util_files/models/tiny-clip-score):"
                            + " CLIP score, and FID over its image_embeds, projected but not normalized.")
    private Path clip;

    @Option(
            names = "--reference",
            paramLabel = "DIR",
            description = "Real pictures, PNG: FID against them too, and the CLIP score of those whose file name the"
                    + " captions file lists with one of the captions drawn.")
    private Path reference;

    @Option(
            names = "--inception",
            paramLabel = "FILE",
            description = "TorchScript that FID takes features of instead of CLIP: called with one uint8 tensor"
                    + " [1, 3, H, W] (RGB, 0..255, the picture's own size), returns [1, features]. inception-2015-12-05.pt"
                    + " does so with return_features=True: wrap it (docs/artifacts.md says how).")
    private Path inception;

    @Option(
            names = "--lpips",
            paramLabel = "FILE",
            description =
                    "TorchScript of LPIPS or another distance: called with two float tensors [1, 3, H, W] in -1..1,"
                            + " returns one number.")
    private Path lpips;

    @Option(
            names = "--resamples",
            paramLabel = "N",
            defaultValue = "50",
            description = "Bootstrap resamples behind the standard error of FID. Default ${DEFAULT-VALUE}.")
    private int resamples;

    @Option(names = "--simulated", description = "Simulate the integers in float instead of computing with them.")
    private boolean simulated;

    @Option(names = "--overwrite", description = "Replace an evaluation in --out once the new one is finished.")
    private boolean overwrite;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of figures and pictures.")
    private Path out;

    @Override
    public Integer call() {
        if (resamples < 0) {
            throw new UsageException("--resamples is " + resamples + "; give 0 or more.");
        }
        Map<String, Path> variants = variants();
        ModelSource folder = model.open();
        List<Sample> samples = Captions.read(captions, skip, count).stream()
                .map(c -> new Sample(c.id(), c.text(), TorchRandom.seedOf(c.id(), seed), c.picture()))
                .toList();
        EvaluationRequest request = new EvaluationRequest(
                folder,
                variants,
                sampling.prompts(folder),
                captions,
                samples,
                skip,
                seed,
                sampling.settings(folder, spec.commandLine().getErr()),
                sampling.negative(),
                sampling.height(folder),
                sampling.width(folder),
                sampling.batchSize(),
                simulated ? Numerics.SIMULATED : Numerics.INTEGER,
                Optional.ofNullable(reference),
                resamples,
                sampling.lowMemory(),
                overwrite,
                out);
        EvaluationRun.Outcome outcome;
        PipelineSetup setup = new PipelineSetup(
                folder,
                request.height(),
                request.width(),
                request.prompts(),
                Optional.empty(),
                request.numerics(),
                request.lowMemory());
        try (Executor executor = device.executor(setup, true);
                InstrumentedExecutor judging = Executors.instrumented();
                Judges judges = Judges.open(
                        Optional.ofNullable(clip),
                        Optional.ofNullable(inception),
                        Optional.ofNullable(lpips),
                        judging)) {
            outcome = new EvaluationRun(request, judges, executor, ProgressLine.standard()).run();
        }
        variants.values()
                .forEach(checkpoint -> SamplingOptions.warnIfFar(
                        checkpoint,
                        request.sampling(),
                        request.height(),
                        request.width(),
                        spec.commandLine().getErr()));
        ReportInputs inputs = ReportInputs.none().withEvaluation(out);
        for (Path checkpoint : variants.values()) {
            // Of another program's file there is nothing to tell but the figures.
            inputs = Files.isDirectory(checkpoint) ? inputs.withQuantized(checkpoint) : inputs;
        }
        Path html = StageReport.write(inputs, out);
        ObjectNode json = outcome.json().deepCopy();
        json.put("report", html.toString());
        Report report = new Report();
        EvaluationTable.lines(outcome.result()).forEach(line -> report.line("%s", line));
        Memory.peak().ifPresent(peak -> report.line("Peak memory: %s", Units.bytes(peak)));
        report.line(
                        "%d captions, ± standard error; figures: %s, pictures: %s",
                        count, out.resolve("evaluation.json"), out.resolve("images"))
                .line("Report: %s", html)
                .print(spec.commandLine().getOut(), common.json, json);
        return 0;
    }

    private Map<String, Path> variants() {
        Map<String, Path> variants = new LinkedHashMap<>();
        for (String given : quantized) {
            Matcher named = NAMED.matcher(given);
            boolean hasName = named.matches();
            Path folder = Path.of(hasName ? named.group(2) : given);
            Path last = folder.toAbsolutePath().normalize().getFileName();
            String name = hasName || last == null ? (hasName ? named.group(1) : "") : last.toString();
            Path earlier = variants.put(name, folder);
            if (earlier != null) {
                throw new UsageException("Two quantized checkpoints, " + earlier + " and " + folder + ", are called '"
                        + name + "'; give each a name of its own: --quantized NAME=DIR.");
            }
        }
        return variants;
    }
}
