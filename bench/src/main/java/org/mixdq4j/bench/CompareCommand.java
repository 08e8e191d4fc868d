package org.mixdq4j.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mixdq4j.bench.compare.Comparison;
import org.mixdq4j.bench.compare.Contender;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.Json;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench/run compare}: this program beside ONNX Runtime and PyTorch. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description =
                "Runs a component here and in ONNX Runtime on the same random inputs; medians, ratios, peak memory.")
final class CompareCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Mixin
    private ComponentOption component;

    @Option(names = "--quantized", paramLabel = "DIR", description = "Its quantized checkpoint, for 'mixdq'.")
    private Path quantized;

    @Option(names = "--work", required = true, paramLabel = "DIR", description = "For ONNX files, kept, and results.")
    private Path work;

    @Option(
            names = "--contenders",
            split = ",",
            defaultValue = "mixdq,ort",
            description = "Of mixdq, mixdq-same-text (computes what the text alone decides in the first run only),"
                    + " mixdq-float, pytorch, ort, ort-float; ratios are to the first.")
    private List<String> contenders;

    @Mixin
    private SizeOptions size;

    @Option(names = "--rounds", defaultValue = "1", description = "Processes of each contender, taken in turn.")
    private int rounds;

    @Option(
            names = "--steps",
            defaultValue = "5",
            description = "Timed runs a process, after 5 s of others, at least one.")
    private int steps;

    @Option(names = "--threads", description = "Of ONNX Runtime; default as many as the machine has processors.")
    private Integer threads;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the figures there.")
    private Path json;

    @Override
    public Integer call() {
        List<Contender> all = contenders.stream().map(CompareCommand::contender).toList();
        if (quantized == null && all.stream().anyMatch(Contender::readsCheckpoint)) {
            throw new UsageException(
                    "A contender of those named needs a checkpoint; give --quantized, or other --contenders.");
        }
        Comparison comparison =
                new Comparison(Main.class, component.open(), size.shape(), Optional.ofNullable(quantized), work);
        int ort = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        comparison.run(all, rounds, steps, ort, ProgressLine.standard());
        PrintWriter out = spec.commandLine().getOut();
        comparison.table().forEach(out::println);
        out.flush();
        ObjectNode figures = comparison.json();
        if (json != null) {
            Json.write(json, figures);
        }
        return 0;
    }

    static Contender contender(String word) {
        try {
            return Contender.of(word);
        } catch (IllegalArgumentException e) {
            throw new UsageException("There is " + e.getMessage()
                    + "; give mixdq, mixdq-same-text, mixdq-float, pytorch, ort or ort-float.");
        }
    }
}
