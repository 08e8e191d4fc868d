package org.mixdq4j.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.mixdq4j.bench.picture.PictureRuns;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.core.io.Json;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench/run picture}: what a person waits for. */
@Command(
        name = "picture",
        mixinStandardHelpOptions = true,
        description = {
            "Starts 'mixdq infer' several times, one after the other, and says where the time went from the command to",
            "the picture. The first run may have to read files from the disk; the others find them in memory."
        })
final class PictureCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model.")
    private Path model;

    @Option(names = "--quantized", paramLabel = "DIR", description = "Its checkpoint; without, FP32.")
    private Path quantized;

    @Option(names = "--height", defaultValue = "512", description = "Of the picture. Default ${DEFAULT-VALUE}.")
    private int height;

    @Option(names = "--width", defaultValue = "512", description = "Of the picture. Default ${DEFAULT-VALUE}.")
    private int width;

    @Option(names = "--steps", defaultValue = "1", description = "Of the scheduler. Default ${DEFAULT-VALUE}.")
    private int steps;

    @Option(names = "--runs", defaultValue = "3", description = "Processes. Default ${DEFAULT-VALUE}.")
    private int runs;

    @Option(names = "--command", paramLabel = "FILE", description = "The program. Default: mixdq of this folder.")
    private Path command;

    @Option(names = "--work", required = true, paramLabel = "DIR", description = "For the picture and results.")
    private Path work;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the figures there.")
    private Path json;

    @CommandLine.Parameters(arity = "0..*", paramLabel = "OPTION", description = "After --: more for 'mixdq infer'.")
    private List<String> more = List.of();

    @Override
    public Integer call() {
        Path program = command != null ? command : Path.of(System.getProperty("mixdq.root", "."), "mixdq");
        List<String> arguments = new ArrayList<>(List.of(program.toString(), "infer", "--model", model.toString()));
        if (quantized != null) {
            arguments.addAll(List.of("--quantized", quantized.toString()));
        }
        arguments.addAll(List.of("--height", "" + height, "--width", "" + width, "--steps", "" + steps));
        arguments.addAll(List.of("--guidance", "0", "--seed", "7", "--prompt", "a red circle above a blue square"));
        arguments.addAll(more);
        PictureRuns made = PictureRuns.of(arguments, work, runs, ProgressLine.standard());
        made.table().forEach(spec.commandLine().getOut()::println);
        spec.commandLine().getOut().flush();
        if (json != null) {
            Json.write(json, made.json());
        }
        return 0;
    }
}
