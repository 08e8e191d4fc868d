package org.mixdq4j.cli.infer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.mixdq4j.cli.terminal.ProcessAge;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.pipeline.StageTimes;

/** Where the time of a command that draws went, from the start of its process on. */
public final class DrawingTimes {
    private double start;
    private long writing;

    /** Called when all is known that is to be drawn, and nothing is loaded yet. */
    public void started() {
        start = ProcessAge.seconds();
    }

    /** Writes a picture, which counts. */
    public void writing(Runnable work) {
        long from = System.nanoTime();
        work.run();
        writing += System.nanoTime() - from;
    }

    /** What is known at the end of a command. @param seconds by stage in their order, and of all at last */
    public record Seconds(Map<String, Double> seconds) {
        private static final String TOTAL = "total";

        /** For scripts. */
        public ObjectNode json() {
            ObjectNode json = Json.mapper().createObjectNode();
            seconds.forEach(json::put);
            return json;
        }

        /** For people: {@code start 0.9 s, load 4.1 s, ...; 9.4 s in all}. */
        public String line() {
            return seconds.entrySet().stream()
                            .filter(stage -> !stage.getKey().equals(TOTAL))
                            .map(stage -> String.format(Locale.ROOT, "%s %.2f s", stage.getKey(), stage.getValue()))
                            .collect(Collectors.joining(", "))
                    + String.format(Locale.ROOT, "; %.2f s in all", seconds.get(TOTAL));
        }
    }

    /** @param pipeline of what it drew */
    public Seconds end(StageTimes pipeline) {
        Map<String, Double> seconds = new LinkedHashMap<>();
        seconds.put("start", start);
        for (StageTimes.Stage stage : StageTimes.Stage.values()) {
            seconds.put(stage.word(), pipeline.seconds(stage));
        }
        seconds.put("write", writing * 1e-9);
        seconds.put(Seconds.TOTAL, ProcessAge.seconds());
        return new Seconds(seconds);
    }
}
