package org.mixdq4j.cli.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.mixdq4j.core.io.Json;

/** What a command prints when it is done: lines for people, or one JSON object for scripts. */
public final class Report {
    private final List<String> lines = new ArrayList<>();

    public Report line(String format, Object... arguments) {
        lines.add(String.format(Locale.ROOT, format, arguments));
        return this;
    }

    /** Prints the JSON if asked for, else the lines. */
    public void print(PrintWriter out, boolean asJson, JsonNode json) {
        if (asJson) {
            out.println(Json.toPrettyString(json));
        } else {
            lines.forEach(out::println);
        }
        out.flush();
    }
}
