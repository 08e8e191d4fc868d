package org.mixdq4j.ptq.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.ptq.probe.QualityProbe;
import org.mixdq4j.ptq.scheme.Scheme;

/** Which layers hurt the network's output most when quantized alone. */
final class Protection {
    /** Name of the file measurements are kept in. */
    static final String FILE = "layer_sensitivity.json";
    /** 0.07 * 100 is a little over 7 in doubles, yet 7 layers are meant. */
    private static final double ROUNDING = 1e-9;

    private final Path file;
    private final String identity;

    /** @param identity of everything measurements depend on; those under another one are not taken over */
    Protection(Path work, String identity) {
        this.file = work.resolve(FILE);
        this.identity = identity;
    }

    /** How many layers a scheme protects. */
    static int count(Graph graph, Scheme scheme) {
        return (int) Math.ceil(scheme.keep().worst() * graph.layers().size() - ROUNDING);
    }

    /** SQNR in dB of the output with each layer quantized alone; read from the file if it was measured before. */
    Map<String, Double> alone(
            QualityProbe probe, QuantizedLayers layers, Supplier<List<Map<String, Tensor>>> rows, Progress progress) {
        if (Files.isRegularFile(file)) {
            JsonNode saved = Json.read(file);
            if (saved.path("identity").asText().equals(identity)) {
                Map<String, Double> alone = new LinkedHashMap<>();
                saved.path("sqnr_db")
                        .fields()
                        .forEachRemaining(
                                e -> alone.put(e.getKey(), e.getValue().asDouble()));
                return alone;
            }
        }
        Map<String, QuantizedLayers> single = new LinkedHashMap<>();
        layers.ids().forEach(id -> single.put(id, QuantizedLayers.of(Set.of(id), layers::get)));
        Map<String, Double> alone = probe.variants("layer sensitivity", single, rows.get(), progress);
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("identity", identity);
        ObjectNode decibels = json.putObject("sqnr_db");
        alone.forEach(decibels::put);
        Json.write(file, json);
        return alone;
    }

    /** The worst {@code count} with the reason: they stay in float (MixDQ's "1 %"). */
    static Map<String, String> worst(Map<String, Double> alone, int count) {
        Map<String, String> kept = new LinkedHashMap<>();
        PtqSummary.worst(alone, count)
                .forEach(entry -> kept.put(
                        entry.getKey(),
                        String.format(Locale.ROOT, "among the worst alone: output SQNR %.1f dB", entry.getValue())));
        return kept;
    }
}
