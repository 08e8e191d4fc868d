package org.mixdq4j.report.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.mixdq4j.core.io.Json;

/**
 * All layers a report speaks of, numbered: from the network's input to its output where depths are known, else by name.
 * The numbers join marks of different charts.
 */
public final class Layers {
    /** Layers by name with numbers in them compared as numbers. */
    private static final Comparator<String> NATURAL = Comparator.comparing(Layers::padded);

    private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

    private record Info(int number, String group, String type) {}

    private final Map<String, Info> layers = new LinkedHashMap<>();
    private final boolean byDepth;

    private Layers(boolean byDepth) {
        this.byDepth = byDepth;
    }

    /** Of everything that was read; any of it may be missing: null, or an empty list. */
    public static Layers of(SensitivityData sensitivity, PlanData plan, List<CheckpointData> checkpoints) {
        Layers layers = new Layers(sensitivity != null);
        if (sensitivity != null) {
            var rows = sensitivity.table().sortAscendingOn(SensitivityData.DEPTH, SensitivityData.LAYER);
            rows.forEach(row -> layers.add(
                    row.getString(SensitivityData.LAYER),
                    row.getString(SensitivityData.GROUP),
                    row.getString(SensitivityData.TYPE)));
        }
        Map<String, String> others = new LinkedHashMap<>();
        if (plan != null) {
            plan.parts().forEach(part -> part.layers()
                    .forEach(row -> others.put(row.getString(PlanData.LAYER), row.getString(PlanData.GROUP))));
        }
        for (CheckpointData checkpoint : checkpoints) {
            checkpoint.config().layers().keySet().forEach(id -> others.putIfAbsent(id, ""));
            checkpoint.config().floatLayers().keySet().forEach(id -> others.putIfAbsent(id, ""));
        }
        List<String> names = new ArrayList<>(others.keySet());
        names.sort(NATURAL);
        names.forEach(name -> layers.add(name, others.get(name), ""));
        return layers;
    }

    private static String padded(String name) {
        return NUMBER.matcher(name)
                .replaceAll(match -> String.format(Locale.ROOT, "%018d", Long.parseLong(match.group())));
    }

    private void add(String name, String group, String type) {
        layers.putIfAbsent(name, new Info(layers.size(), group, type));
    }

    public int number(String layer) {
        Info info = layers.get(layer);
        return info == null ? -1 : info.number;
    }

    /** Whether numbers are depths in the network. */
    public boolean byDepth() {
        return byDepth;
    }

    public String group(String layer) {
        Info info = layers.get(layer);
        return info == null ? "" : info.group;
    }

    public String type(String layer) {
        Info info = layers.get(layer);
        return info == null ? "" : info.type;
    }

    /** Name and a few words on each, by number. */
    public JsonNode toJson() {
        ArrayNode json = Json.mapper().createArrayNode();
        layers.forEach((name, info) -> {
            List<String> words = new ArrayList<>();
            if (!info.group.isEmpty()) {
                words.add(info.group);
            }
            if (!info.type.isEmpty()) {
                words.add(info.type);
            }
            json.addArray().add(name).add(String.join(" · ", words));
        });
        return json;
    }
}
