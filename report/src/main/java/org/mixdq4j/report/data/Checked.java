package org.mixdq4j.report.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;

/** JSON files of our own stages: that they are what their place says, and figures out of them. */
final class Checked {
    private Checked() {}

    /** @throws MixdqException unless the file is of this format and of a version up to this one */
    static JsonNode read(Path file, String format, int version, String command) {
        JsonNode json = Json.read(file);
        if (!format.equals(json.path("format").asText())) {
            throw new MixdqException(
                    file + " is of the format '" + json.path("format").asText("unknown") + "' where " + format
                            + " was expected; give what 'mixdq " + command + "' wrote");
        }
        int found = json.path("version").asInt();
        if (found < 1 || found > version) {
            throw new MixdqException(file + " has format version " + found + ", this mixdq reads up to " + version
                    + "; update mixdq or run 'mixdq " + command + "' again");
        }
        return json;
    }

    /** A figure; NaN where the field is absent or null. */
    static double figure(JsonNode json, String field) {
        JsonNode node = json.path(field);
        return node.isNumber() ? node.asDouble() : Double.NaN;
    }

    /** A figure that has to be there. */
    static double required(Path file, JsonNode json, String field, String of) {
        JsonNode node = json.path(field);
        if (!node.isNumber()) {
            throw damaged(
                    file,
                    of + " has " + (node.isMissingNode() ? "no" : "'" + node.asText() + "' as its") + " " + field
                            + " where a number was expected");
        }
        return node.asDouble();
    }

    static MixdqException damaged(Path file, String found) {
        return new MixdqException(file + " is damaged: " + found + "; write it again");
    }

    static List<String> names(JsonNode json) {
        List<String> names = new ArrayList<>();
        json.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
