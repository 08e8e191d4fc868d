package org.mixdq4j.bench;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mixdq4j.bench.compare.OneRun;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.core.network.NetworkShape;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What {@code compare} starts for each contender. */
@Command(name = "one", hidden = true)
final class OneCommand implements Callable<Integer> {
    @Option(names = "--contender", required = true)
    private String contender;

    @Option(names = "--component", required = true)
    private Path component;

    @Option(names = "--quantized")
    private Path quantized;

    @Option(names = "--onnx")
    private Path onnx;

    @Option(names = "--height", required = true)
    private int height;

    @Option(names = "--width", required = true)
    private int width;

    @Option(names = "--tokens", required = true)
    private int tokens;

    @Option(names = "--steps", required = true)
    private int steps;

    @Option(names = "--threads", required = true)
    private int threads;

    @Option(names = "--result", required = true)
    private Path result;

    @Override
    public Integer call() {
        OneRun.run(
                CompareCommand.contender(contender),
                Component.open(component),
                new NetworkShape(1, height, width, tokens),
                Optional.ofNullable(quantized),
                Optional.ofNullable(onnx),
                threads,
                steps,
                result);
        return 0;
    }
}
