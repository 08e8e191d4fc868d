package org.mixdq4j.report.section;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.report.data.CheckpointData;
import org.mixdq4j.report.data.SourceFile;
import org.mixdq4j.report.html.DataTable;
import org.mixdq4j.report.html.DataTable.Cell;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** What all this was measured on: files, models, settings, each by its digest. */
final class ProvenanceSection {
    private ProvenanceSection() {}

    static Html of(Measured measured) {
        Html html = new Html();
        Map<String, Map<String, String>> models = models(measured);
        differing(models).forEach(component -> html.leaf(
                        "p",
                        "Careful: these parts are of different models; their digests of the component " + component
                                + " differ.",
                        "class",
                        "warning")
                .newline());
        html.add(files(measured.files()));
        if (!models.isEmpty()) {
            html.add(models(models));
        }
        html.add(settings(measured));
        return html;
    }

    private static Html files(List<SourceFile> files) {
        DataTable table = new DataTable("Files this report was made from", "File", "Bytes", "SHA-256").id("files");
        files.forEach(file -> table.row(
                Cell.code(file.name()),
                Cell.number(Format.count(file.bytes()), file.bytes()),
                Cell.code(file.sha256())));
        return table.html();
    }

    /** Component to digest, by who names them. */
    private static Map<String, Map<String, String>> models(Measured measured) {
        Map<String, Map<String, String>> models = new LinkedHashMap<>();
        measured.sensitivity()
                .ifPresent(data -> put(models, "sensitivity", data.summary().path("model")));
        for (CheckpointData checkpoint : measured.checkpoints()) {
            models.put(checkpoint.name(), checkpoint.config().source().components());
        }
        measured.evaluation()
                .ifPresent(data -> put(models, "evaluation", data.json().path("model")));
        return models;
    }

    private static void put(Map<String, Map<String, String>> models, String who, JsonNode json) {
        Map<String, String> digests = new TreeMap<>();
        json.fields().forEachRemaining(e -> digests.put(e.getKey(), e.getValue().asText()));
        if (!digests.isEmpty()) {
            models.put(who, digests);
        }
    }

    /** Components that two of them name with different digests. */
    private static List<String> differing(Map<String, Map<String, String>> models) {
        List<String> differing = new ArrayList<>();
        for (String component : components(models)) {
            long digests = models.values().stream()
                    .filter(model -> model.containsKey(component))
                    .map(model -> model.get(component))
                    .distinct()
                    .count();
            if (digests > 1) {
                differing.add(component);
            }
        }
        return differing;
    }

    private static TreeSet<String> components(Map<String, Map<String, String>> models) {
        TreeSet<String> components = new TreeSet<>();
        models.values().forEach(model -> components.addAll(model.keySet()));
        return components;
    }

    private static Html models(Map<String, Map<String, String>> models) {
        List<String> columns = new ArrayList<>(List.of("Component"));
        columns.addAll(models.keySet());
        DataTable table =
                new DataTable("Float models, by the first digits of their fingerprints", columns).id("models");
        for (String component : components(models)) {
            List<Cell> cells = new ArrayList<>(List.of(Cell.code(component)));
            models.values()
                    .forEach(model -> cells.add(
                            model.containsKey(component)
                                    ? Cell.code(Sha256.brief(model.get(component)))
                                    : Cell.missing()));
            table.row(cells);
        }
        return table.html();
    }

    private static Html settings(Measured measured) {
        DataTable table = new DataTable("Settings", "Of", "Setting", "Value").id("settings");
        measured.sensitivity().ifPresent(data -> {
            JsonNode json = data.summary();
            fields(table, "sensitivity", json, List.of("format", "version", "model", "rank_correlation"));
        });
        measured.plan().ifPresent(data -> data.parts().forEach(part -> {
            String of = "plan, " + part.name();
            fields(table, of, part.json().path("budget"), List.of());
            part.json()
                    .path("solves")
                    .forEach(solve -> row(
                            table,
                            of,
                            "program " + solve.path("program").asText(),
                            solve.path("status").asText() + ", objective "
                                    + Format.significant(solve.path("objective").asDouble(), 6) + ", bound "
                                    + Format.significant(solve.path("bound").asDouble(), 6)));
        }));
        for (CheckpointData checkpoint : measured.checkpoints()) {
            row(table, checkpoint.name(), "component", checkpoint.config().component());
            row(table, checkpoint.name(), "calibration", checkpoint.config().calibration());
            row(table, checkpoint.name(), "weights_sha256", checkpoint.config().weightsSha256());
            fields(table, checkpoint.name(), checkpoint.config().scheme(), List.of());
        }
        measured.evaluation()
                .ifPresent(data -> fields(
                        table, "evaluation", data.json(), List.of("format", "version", "model", "float", "variants")));
        return table.size() == 0 ? new Html() : table.html();
    }

    private static void fields(DataTable table, String of, JsonNode json, List<String> without) {
        json.fields().forEachRemaining(field -> {
            JsonNode value = field.getValue();
            if (without.contains(field.getKey())) {
                return;
            }
            // Captions may be listed whole; how many there are says enough here.
            boolean longList = value.isArray() && value.size() > 16;
            row(
                    table,
                    of,
                    field.getKey(),
                    longList ? value.size() + " values" : value.isValueNode() ? value.asText() : value.toString());
        });
    }

    private static void row(DataTable table, String of, String setting, String value) {
        table.row(Cell.text(of), Cell.text(setting), Cell.code(value));
    }
}
