package org.mixdq4j.core.quantize.balance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quantize.statistics.TimestepBuckets;

/**
 * What a search for channel factors found.
 *
 * @param multipliers of balanced layers: id to one factor an input channel
 * @param choices of all layers that were tried
 */
public record Balance(Map<String, float[]> multipliers, Map<String, Choice> choices) {
    public Balance {
        multipliers = Collections.unmodifiableMap(new LinkedHashMap<>(multipliers));
        choices = Collections.unmodifiableMap(new LinkedHashMap<>(choices));
    }

    /** Nothing is balanced. */
    public static Balance none() {
        return new Balance(Map.of(), Map.of());
    }

    /**
     * Of one layer.
     *
     * @param alpha how much of the width of its input moved to its weights; empty: none, which was best
     * @param timesteps whose widths of channels the factors are made from; empty: of all timesteps, or no factors
     * @param sqnr in dB, of its output on calibration vectors
     * @param plainSqnr the same without factors
     */
    public record Choice(
            Optional<Double> alpha, Optional<TimestepBuckets.Range> timesteps, double sqnr, double plainSqnr) {}

    /** How many layers are balanced, and the choice of each. */
    public ObjectNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("balanced", multipliers.size()).put("tried", choices.size());
        ObjectNode layers = json.putObject("layers");
        choices.forEach((id, choice) -> {
            ObjectNode node = layers.putObject(id);
            choice.alpha().ifPresent(alpha -> node.put("alpha", alpha)
                    .put(
                            "timesteps",
                            choice.timesteps()
                                    .map(TimestepBuckets.Range::toString)
                                    .orElse("all")));
            node.put("sqnr_db", choice.sqnr()).put("unbalanced_sqnr_db", choice.plainSqnr());
        });
        return json;
    }
}
