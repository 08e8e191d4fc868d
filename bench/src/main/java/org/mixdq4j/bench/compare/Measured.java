package org.mixdq4j.bench.compare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.io.Json;

/**
 * What one process measured of one contender.
 *
 * @param description of the library and device
 * @param firstSeconds of the first run, which may plan and pack
 * @param stepSeconds of the runs that count, after those that warm up
 * @param peakBytes largest resident size of the process, mapped files included; 0 where the system does not tell
 */
record Measured(String description, double loadSeconds, double firstSeconds, List<Double> stepSeconds, long peakBytes) {

    void write(Path file) {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("description", description);
        json.put("load_seconds", loadSeconds).put("first_seconds", firstSeconds);
        stepSeconds.forEach(json.putArray("step_seconds")::add);
        json.put("peak_bytes", peakBytes);
        Json.write(file, json);
    }

    static Measured read(Path file) {
        JsonNode json = Json.read(file);
        List<Double> steps = new ArrayList<>();
        json.path("step_seconds").forEach(step -> steps.add(step.asDouble()));
        return new Measured(
                json.path("description").asText(),
                json.path("load_seconds").asDouble(),
                json.path("first_seconds").asDouble(),
                steps,
                json.path("peak_bytes").asLong());
    }
}
