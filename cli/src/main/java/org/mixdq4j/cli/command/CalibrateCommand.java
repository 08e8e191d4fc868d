package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.mixdq4j.calib.captions.Captions;
import org.mixdq4j.calib.run.CalibrationRequest;
import org.mixdq4j.calib.run.CalibrationRun;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq calibrate}: captions to a calibration set. */
@Command(
        name = "calibrate",
        mixinStandardHelpOptions = true,
        description = "Draws captions with the float model and keeps what the network saw and said.",
        footer = {
            "",
            "A stopped run goes on where it was when the same command is given again.",
            "Example:",
            "  mixdq calibrate --model DIR --captions captions_val2014.json --samples 64 --out out/calib"
        })
final class CalibrateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private CommonOptions common;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private ModelOptions model;

    @Mixin
    private AnalysisDeviceOption device;

    @Option(
            names = "--captions",
            required = true,
            paramLabel = "FILE",
            description =
                    "COCO captions JSON (the first caption of each image), text with one caption a line, a table with a"
                            + " column prompt, caption or text (.csv, .tsv), or JSON (a list, objects, one a line).")
    private Path captions;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "64",
            description = "Captions to use. Default ${DEFAULT-VALUE}.")
    private int samples;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
            description = "Mixed with each caption's id. Default ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--shard-size",
            paramLabel = "N",
            defaultValue = "16",
            description = "Samples a shard. Default ${DEFAULT-VALUE}.")
    private int shardSize;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the calibration set.")
    private Path out;

    @Override
    public Integer call() {
        ModelSource folder = model.open();
        CalibrationRequest request = new CalibrationRequest(
                folder,
                Captions.read(captions, SamplingOptions.positive("--samples", samples)),
                sampling.prompts(folder),
                sampling.settings(folder, spec.commandLine().getErr()),
                sampling.negative(),
                sampling.height(folder),
                sampling.width(folder),
                seed,
                sampling.batchSize(),
                SamplingOptions.positive("--shard-size", shardSize),
                out,
                sampling.lowMemory());
        CalibrationRun.Outcome outcome;
        try (InstrumentedExecutor executor = device.executor()) {
            outcome = new CalibrationRun(request, executor, ProgressLine.standard()).run();
        }
        int shards = outcome.manifest().shardCount();
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("out", out.toString())
                .put("samples", outcome.manifest().samples().size())
                .put("shards", shards)
                .put("shards_reused", outcome.reused());
        Report report = new Report();
        if (outcome.alreadyFinished()) {
            report.line("The calibration set was finished already: nothing to do.");
        } else if (outcome.reused() > 0) {
            report.line("%d of %d shards were there from an earlier run.", outcome.reused(), shards);
        }
        report.line(
                        "Calibration set: %s (%d samples, %d shards, pictures in images/)",
                        out, outcome.manifest().samples().size(), shards)
                .line(
                        "Next: mixdq ptq %s --calib %s --scheme configs/schemes/w8a8.yaml --out out/w8a8",
                        model.again(), out)
                .print(spec.commandLine().getOut(), common.json, json);
        return 0;
    }
}
