package org.mixdq4j.report.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quant.LayerQuant;

/**
 * A quantized checkpoint of {@code mixdq ptq}.
 *
 * @param summary summary.json, or a missing node
 */
public record CheckpointData(String name, QuantizationConfig config, JsonNode summary, List<SourceFile> files) {
    /** @throws org.mixdq4j.core.error.MixdqException if the folder is no finished checkpoint */
    public static CheckpointData read(Path folder) {
        QuantizationConfig config = QuantizationConfig.read(folder);
        List<SourceFile> files = new ArrayList<>(List.of(SourceFile.of(folder.resolve("quantization_config.json"))));
        Path file = folder.resolve("summary.json");
        JsonNode summary = MissingNode.getInstance();
        if (Files.isRegularFile(file)) {
            summary = Json.read(file);
            files.add(SourceFile.of(file));
            for (String map : List.of("layers", "output_sqnr_db", "output_sqnr_db_layer_alone")) {
                for (JsonNode value : summary.path(map)) {
                    if (!value.isNumber()) {
                        throw Checked.damaged(
                                file, map + " holds '" + value.asText() + "' where a number was expected");
                    }
                }
            }
        }
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return new CheckpointData(name == null ? "checkpoint" : name.toString(), config, summary, files);
    }

    /** Layers by form, such as W8A8 or float, counted in the configuration. */
    public Map<String, Integer> forms() {
        Map<String, Integer> forms = new TreeMap<>();
        config.layers().values().forEach(quant -> forms.merge(form(quant), 1, Integer::sum));
        if (!config.floatLayers().isEmpty()) {
            forms.put("float", config.floatLayers().size());
        }
        return forms;
    }

    private static String form(LayerQuant quant) {
        return "W" + quant.weight().map(w -> w.bits()).orElse(PlanData.FLOAT) + "A"
                + quant.activation().map(a -> a.bits()).orElse(PlanData.FLOAT);
    }

    /** A figure of the summary such as {@code bytes_quantized}; NaN where it has none. */
    public double figure(String field) {
        return Checked.figure(summary, field);
    }

    /** SQNR of the network's output in dB by variant; the first is the checkpoint itself. */
    public Map<String, Double> outputSqnr() {
        return decibels("output_sqnr_db");
    }

    /** SQNR of the network's output in dB by the one layer that was quantized. */
    public Map<String, Double> alone() {
        return decibels("output_sqnr_db_layer_alone");
    }

    private Map<String, Double> decibels(String field) {
        Map<String, Double> figures = new LinkedHashMap<>();
        summary.path(field).fields().forEachRemaining(entry -> {
            double db = entry.getValue().asDouble();
            figures.put(entry.getKey(), Double.isNaN(db) ? Double.NEGATIVE_INFINITY : db);
        });
        return figures;
    }
}
