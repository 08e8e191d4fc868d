package org.mixdq4j.ptq.rounding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.io.Json;

/**
 * What rounding by what layers read brought.
 *
 * @param kept whether the chosen roundings are what the network got: they were better than rounding to nearest as a whole
 * @param chosenSqnr of the network's output with the chosen roundings, in dB
 * @param nearestSqnr the same with every weight rounded to nearest as the scheme says
 * @param rows calibration rows both were measured on, which no rounding was fitted to
 * @param parts each part of a layer that was rounded: {@code <layer>|<from>-<to>}
 */
public record RoundingReport(boolean kept, double chosenSqnr, double nearestSqnr, int rows, Map<String, Part> parts) {

    /**
     * One part of a layer.
     *
     * @param method that was best on held-out samples
     * @param sqnr of the part's output by it, in dB
     * @param nearestSqnr of the part's output by the better rounding to nearest, in dB
     */
    public record Part(RoundingMethod method, double sqnr, double nearestSqnr) {}

    /** How many parts each method was best for. */
    public Map<RoundingMethod, Integer> counts() {
        Map<RoundingMethod, Integer> counts = new TreeMap<>();
        parts.values().forEach(part -> counts.merge(part.method(), 1, Integer::sum));
        return counts;
    }

    public JsonNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("kept", kept ? "gptq" : "nearest");
        json.putObject("output_sqnr_db").put("gptq", chosenSqnr).put("nearest", nearestSqnr);
        json.put("output_sqnr_rows", rows);
        ObjectNode best = json.putObject("best_alone");
        counts().forEach((method, count) -> best.put(method.words(), count));
        ObjectNode each = json.putObject("parts");
        parts.forEach((key, part) -> each.putObject(key)
                .put("method", part.method().words())
                .put("sqnr_db", part.sqnr())
                .put("nearest_sqnr_db", part.nearestSqnr()));
        return json;
    }
}
