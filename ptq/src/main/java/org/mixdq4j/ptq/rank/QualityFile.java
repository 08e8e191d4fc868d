package org.mixdq4j.ptq.rank;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mixdq4j.core.io.Json;

/**
 * What was measured of plans, in a file that is written after each of them, so that a stopped ranking goes on. Plans that
 * were not asked for in this run are not written again: the same plans give the same bytes.
 */
final class QualityFile {
    private final Path file;
    private final String identity;
    private final Map<String, PlanQuality> earlier = new LinkedHashMap<>();
    private final Map<String, PlanQuality> asked = new TreeMap<>();

    /** @param identity of everything but the plan that measurements depend on; those under another one are dropped */
    QualityFile(Path file, String identity) {
        this.file = file;
        this.identity = identity;
        if (Files.isRegularFile(file)) {
            JsonNode saved = Json.read(file);
            if (saved.path("identity").asText().equals(identity)) {
                saved.path("plans")
                        .fields()
                        .forEachRemaining(e -> earlier.put(e.getKey(), PlanQuality.fromJson(e.getValue())));
            }
        }
    }

    /** @param plan digest of a plan */
    Optional<PlanQuality> get(String plan) {
        PlanQuality found = asked.getOrDefault(plan, earlier.get(plan));
        if (found != null) {
            asked.put(plan, found);
        }
        return Optional.ofNullable(found);
    }

    void put(String plan, PlanQuality quality) {
        asked.put(plan, quality);
        Map<String, PlanQuality> all = new TreeMap<>(earlier);
        all.putAll(asked);
        write(all);
    }

    /** Leaves in the file what was asked for. */
    void finish() {
        write(asked);
    }

    private void write(Map<String, PlanQuality> plans) {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("identity", identity);
        ObjectNode nodes = json.putObject("plans");
        plans.forEach((plan, quality) -> nodes.set(plan, quality.toJson()));
        Json.write(file, json);
    }
}
