package org.mixdq4j.bench;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mixdq4j.bench.compare.OneRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code compare} starts for each contender. */
@Command(name = "one", hidden = true)
final class OneCommand implements Callable<Integer> {
    @Option(names = "--contender", required = true)
    private String contender;

    @Mixin
    private ComponentOption component;

    @Option(names = "--quantized")
    private Path quantized;

    @Option(names = "--onnx")
    private Path onnx;

    @Mixin
    private SizeOptions size;

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
                component.open(),
                size.shape(),
                Optional.ofNullable(quantized),
                Optional.ofNullable(onnx),
                threads,
                steps,
                result);
        return 0;
    }
}
