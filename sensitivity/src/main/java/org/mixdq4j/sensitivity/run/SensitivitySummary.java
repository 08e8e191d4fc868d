package org.mixdq4j.sensitivity.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Optional;
import org.mixdq4j.core.artifact.sensitivity.Provenance;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.sensitivity.result.Sensitivities;

/**
 * What was measured, on what, and what it took.
 *
 * @param calibration digest of the calibration set
 * @param units steps of calibration samples measured on; fewer than asked for if the set has no more
 * @param nodesEvaluated network nodes computed; 0 if only estimated
 * @param nodesNaive network nodes without partial re-runs
 * @param measured how many measurements and estimates this run made; those of earlier runs were in the journals
 * @param seconds of this run
 */
public record SensitivitySummary(
        ModelFingerprint model,
        String calibration,
        Sensitivities found,
        int units,
        long nodesEvaluated,
        long nodesNaive,
        long measured,
        double seconds) {

    /** Measurements and estimates the tables are made of. */
    private long all() {
        return (long) units * (found.exact().size() + found.estimated().size());
    }

    ObjectNode toJson(SensitivityRequest request) {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("format", "mixdq4j-sensitivity").put("version", 1);
        new Provenance(Optional.of(model), Optional.of(calibration)).writeTo(json);
        json.put("units", units);
        json.put("quantizers", request.quantizers().description());
        json.put("similarity", request.similarity().word());
        ArrayNode methods = json.putArray("methods");
        request.methods().stream()
                .sorted()
                .forEach(method -> methods.add(method.name().toLowerCase(Locale.ROOT)));
        ObjectNode bits = json.putObject("bits");
        request.weightBits().forEach(bits.putArray(Part.WEIGHTS.word())::add);
        request.activationBits().forEach(bits.putArray(Part.ACTIVATIONS.word())::add);
        json.put("layers", found.layers().size());
        ObjectNode groups = json.putObject("groups");
        for (LayerGroup group : LayerGroup.values()) {
            groups.put(
                    group.word(),
                    found.groups().values().stream().filter(group::equals).count());
        }
        json.put("nodes_evaluated", nodesEvaluated).put("nodes_naive", nodesNaive);
        ObjectNode ofSqnr = json.putObject("rank_correlation");
        ObjectNode sqnrByBits = json.putObject("rank_correlation_by_bits");
        ObjectNode ofSsim = json.putObject("rank_correlation_ssim");
        for (Part part : Part.values()) {
            found.rankCorrelation(part, false).ifPresent(value -> {
                ofSqnr.put(part.word(), value);
                ObjectNode ofPart = sqnrByBits.putObject(part.word());
                found.rankCorrelationByBits(part, false).forEach((b, v) -> ofPart.put(String.valueOf(b), v));
            });
            found.rankCorrelation(part, true).ifPresent(value -> ofSsim.put(part.word(), value));
        }
        json.put("measurements", all()).put("measurements_of_last_run", measured);
        json.put("seconds_of_last_run", seconds);
        return json;
    }
}
