package org.mixdq4j.core.quantize.balance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quantize.statistics.TimestepBuckets;

/**
 * What a search for channel factors and rotations found.
 *
 * @param multipliers of balanced layers: id to one factor an input channel
 * @param rotations of rotated layers: id to features a run
 * @param choices of all layers that were tried
 */
public record Balance(Map<String, float[]> multipliers, Map<String, Integer> rotations, Map<String, Choice> choices) {
    public Balance {
        multipliers = Collections.unmodifiableMap(new LinkedHashMap<>(multipliers));
        rotations = Collections.unmodifiableMap(new LinkedHashMap<>(rotations));
        choices = Collections.unmodifiableMap(new LinkedHashMap<>(choices));
    }

    /** Nothing is balanced or rotated. */
    public static Balance none() {
        return new Balance(Map.of(), Map.of(), Map.of());
    }

    /** A layer's form with what was found for it. */
    public LayerQuant form(String id, LayerQuant quant) {
        return quant.balanced(multipliers.containsKey(id)).rotated(rotations.getOrDefault(id, Rotation.NONE));
    }

    /**
     * Of one layer.
     *
     * @param alpha how much of the width of its input moved to its weights; empty: none, which was best
     * @param timesteps whose widths of channels the factors are made from; empty: of all timesteps, or no factors
     * @param rotation features a run, or {@link Rotation#NONE}
     * @param sqnr in dB, of its output on calibration vectors
     * @param plainSqnr the same with the input as it is
     */
    public record Choice(
            Optional<Double> alpha,
            Optional<TimestepBuckets.Range> timesteps,
            int rotation,
            double sqnr,
            double plainSqnr) {}

    /** How many layers are balanced and rotated, and the choice of each. */
    public ObjectNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("balanced", multipliers.size())
                .put("rotated", rotations.size())
                .put("tried", choices.size());
        ObjectNode layers = json.putObject("layers");
        choices.forEach((id, choice) -> {
            ObjectNode node = layers.putObject(id);
            choice.alpha().ifPresent(alpha -> node.put("alpha", alpha)
                    .put(
                            "timesteps",
                            choice.timesteps()
                                    .map(TimestepBuckets.Range::toString)
                                    .orElse("all")));
            if (choice.rotation() != Rotation.NONE) {
                node.put("rotation", choice.rotation());
            }
            node.put("sqnr_db", choice.sqnr()).put("unbalanced_sqnr_db", choice.plainSqnr());
        });
        return json;
    }
}
