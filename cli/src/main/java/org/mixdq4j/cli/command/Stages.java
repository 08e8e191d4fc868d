package org.mixdq4j.cli.command;

import java.nio.file.Files;
import java.nio.file.Path;
import org.mixdq4j.calib.statistics.StatisticsCollector;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.quantize.statistics.StatisticsSource;

/** Where stages that may not know each other, and files that ship, are put together. */
public final class Stages {
    private Stages() {}

    /** calib's statistics for ptq. */
    public static StatisticsSource statistics() {
        return (graph, keys, momentum, batch, model, set, progress) ->
                new StatisticsCollector(graph, keys, momentum, batch, set).collect(model, progress);
    }

    /** A file that ships with the project. @throws UsageException if it is not there */
    public static Path shipped(String path) {
        Path root = Path.of(System.getProperty("mixdq.root", "."));
        if (!Files.exists(root.resolve(path))) {
            throw new UsageException("The file " + root.resolve(path)
                    + " that ships with mixdq is not there; start mixdq by its launcher in the project's folder.");
        }
        return root.resolve(path);
    }
}
