package org.mixdq4j.bench.picture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.progress.Progress;

/**
 * Processes of 'mixdq infer', one after the other: what each says of its time, and the time from its start to its end as seen
 * from outside.
 */
public final class PictureRuns {
    private static final String SECONDS = "seconds";
    private static final String TOTAL = "total";
    private static final String PEAK = "peak_memory_bytes";

    private final List<JsonNode> runs = new ArrayList<>();
    private final List<Double> outside = new ArrayList<>();

    private PictureRuns() {}

    /**
     * Draws.
     *
     * @param command of 'mixdq infer', without {@code --out} and {@code --json}
     * @param work folder for the picture and what commands print
     */
    public static PictureRuns of(List<String> command, Path work, int count, Progress progress) {
        PictureRuns made = new PictureRuns();
        AtomicFiles.createDirectories(work);
        progress.begin("drawing", count);
        for (int i = 0; i < count; i++) {
            made.run(command, work);
            progress.at(i + 1);
        }
        progress.end();
        return made;
    }

    private void run(List<String> command, Path work) {
        Path result = work.resolve("infer.json");
        Path log = work.resolve("infer.log");
        List<String> whole = new ArrayList<>(command);
        whole.addAll(List.of("--out", work.resolve("picture.png").toString(), "--json"));
        try {
            long start = System.nanoTime();
            Process process = new ProcessBuilder(whole)
                    .redirectOutput(result.toFile())
                    .redirectError(log.toFile())
                    .start();
            int code = process.waitFor();
            outside.add((System.nanoTime() - start) * 1e-9);
            if (code != 0) {
                throw new MixdqException("'" + String.join(" ", whole) + "' ended with exit code " + code
                        + " and said: " + Files.readString(log).strip());
            }
        } catch (IOException e) {
            throw AtomicFiles.failure("write", work, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MixdqException("The runs were interrupted.", e);
        }
        runs.add(Json.read(result));
    }

    /** A line a stage, a column a run. */
    public List<String> table() {
        List<String> lines = new ArrayList<>();
        lines.add(line("", i -> "run " + (i + 1)));
        runs.get(0).path(SECONDS).fieldNames().forEachRemaining(stage -> {
            if (!stage.equals(TOTAL)) {
                lines.add(line(
                        stage,
                        i -> seconds(runs.get(i).path(SECONDS).path(stage).asDouble())));
            }
        });
        lines.add(line("other", i -> seconds(other(runs.get(i)))));
        lines.add(line("from command to end", i -> seconds(outside.get(i))));
        lines.add(line("peak memory", i -> Units.bytes(runs.get(i).path(PEAK).asLong())));
        return lines;
    }

    /** What a command did besides: it is not in any stage. */
    private static double other(JsonNode run) {
        double rest = run.path(SECONDS).path(TOTAL).asDouble();
        for (var stages = run.path(SECONDS).fields(); stages.hasNext(); ) {
            var stage = stages.next();
            rest -= stage.getKey().equals(TOTAL) ? 0 : stage.getValue().asDouble();
        }
        return rest;
    }

    private String line(String name, IntFunction<String> cell) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-20s", name));
        for (int i = 0; i < runs.size(); i++) {
            line.append(String.format(Locale.ROOT, " %10s", cell.apply(i)));
        }
        return line.toString();
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.2f s", seconds);
    }

    /** Of each run what it printed, and {@code seconds_outside}. */
    public JsonNode json() {
        ArrayNode all = Json.mapper().createArrayNode();
        for (int i = 0; i < runs.size(); i++) {
            ObjectNode run = runs.get(i).deepCopy();
            all.add(run.put("seconds_outside", outside.get(i)));
        }
        return all;
    }
}
