package org.mixdq4j.bench;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.mixdq4j.bench.picture.RandomModel;
import org.mixdq4j.cli.terminal.ProgressLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench/run model}: all components of a model. */
@Command(
        name = "model",
        mixinStandardHelpOptions = true,
        description = {
            "Writes a whole model of random FP16 weights in diffusers' layout, for its configurations;",
            "without a T5, which models do without."
        })
final class ModelCommand implements Callable<Integer> {
    @Option(
            names = "--config",
            required = true,
            paramLabel = "DIR",
            description = "Folder with model_index.json and a config.json of each component.")
    private Path config;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the model.")
    private Path out;

    @Option(
            names = "--tokenizer",
            paramLabel = "DIR",
            description = "CLIP vocabulary for all tokenizers. Default: the public one, which ships.")
    private Path tokenizer;

    @Option(
            names = "--have",
            paramLabel = "NAME=DIR",
            description = "A component that there is already: its files are linked. May be given several times.")
    private Map<String, Path> have = Map.of();

    @Option(names = "--seed", defaultValue = "0", description = "The same seed gives the same bytes.")
    private long seed;

    @Override
    public Integer call() {
        Path vocabulary = tokenizer != null
                ? tokenizer
                : Path.of(System.getProperty("mixdq.root", "."), "util_files", "fixtures", "tokenizer_clip");
        new RandomModel(config, vocabulary, have, seed).write(out, ProgressLine.standard());
        return 0;
    }
}
