package org.mixdq4j.ptq.probe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;

/** Which layers hurt the network's output most when quantized alone. */
public final class Protection {
    /** Name of the file measurements are kept in. */
    public static final String FILE = "layer_sensitivity.json";
    /** 0.07 * 100 is a little over 7 in doubles, yet 7 layers are meant. */
    private static final double ROUNDING = 1e-9;

    private final Path file;
    private final String identity;

    /** @param identity of everything measurements depend on; those under another one are not taken over */
    public Protection(Path work, String identity) {
        this.file = work.resolve(FILE);
        this.identity = identity;
    }

    /** How many of some layers a share of them is. */
    public static int count(int layers, double share) {
        return (int) Math.ceil(share * layers - ROUNDING);
    }

    /** SQNR in dB of the output with each layer quantized alone; read from the file if it was measured before. */
    public Map<String, Double> alone(
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
        AtomicFiles.createDirectories(file.getParent());
        Json.write(file, json);
        return alone;
    }

    /** The worst {@code count} with the reason: they stay in float (MixDQ's "1 %"). */
    public static Map<String, String> worst(Map<String, Double> alone, int count) {
        Map<String, String> kept = new LinkedHashMap<>();
        ranked(alone, count)
                .forEach(entry -> kept.put(
                        entry.getKey(),
                        String.format(Locale.ROOT, "among the worst alone: output SQNR %.1f dB", entry.getValue())));
        return kept;
    }

    /** The layers that cost most alone, worst first; one without a ratio (its output was no number) before all others. */
    public static List<Map.Entry<String, Double>> ranked(Map<String, Double> alone, int count) {
        return alone.entrySet().stream()
                .sorted(Comparator.<Map.Entry<String, Double>>comparingDouble(Protection::rank)
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(count)
                .toList();
    }

    private static double rank(Map.Entry<String, Double> layer) {
        return layer.getValue().isNaN() ? Double.NEGATIVE_INFINITY : layer.getValue();
    }
}
