package org.mixdq4j.report.section;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.mixdq4j.report.data.EvaluationData;
import org.mixdq4j.report.html.DataTable;
import org.mixdq4j.report.html.DataTable.Cell;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** Figures of every variant beside the float model's, with their standard errors. */
final class MetricsSection {
    /**
     * A metric.
     *
     * @param better the direction that is good
     */
    private record Metric(String field, String name, String better, int decimals) {}

    private static final List<Metric> METRICS = List.of(
            new Metric("ssim", "SSIM", "↑", 4),
            new Metric("psnr", "PSNR, dB", "↑", 2),
            new Metric("lpips", "LPIPS", "↓", 4),
            new Metric("latent_sqnr_db", "latent SQNR, dB", "↑", 2),
            new Metric("output_sqnr_db", "output SQNR, dB", "↑", 2),
            new Metric("clip_score", "CLIP score", "↑", 3),
            new Metric("clip_score_difference", "CLIP score − float", "≈ 0", 4),
            new Metric("fid_float", "FID to float", "↓", 2),
            new Metric("fid_reference", "FID to photographs", "↓", 2));

    private MetricsSection() {}

    static Html of(EvaluationData data) {
        List<JsonNode> all = new ArrayList<>(List.of(data.floatModel()));
        all.addAll(data.variants());
        List<Metric> used = used(all);
        List<String> columns = new ArrayList<>(List.of("Metric", "float"));
        data.variants().forEach(variant -> columns.add(variant.path("name").asText()));
        DataTable table = new DataTable("Figures with ± one standard error", columns).id("metrics-table");
        row(table, "Layers", all, MetricsSection::forms);
        row(table, "Bytes of the network", all, of -> bytes(EvaluationData.figure(of, "bytes")));
        row(table, "of float", all, of -> share(data, of));
        for (Metric metric : used) {
            row(table, (metric.name + " " + metric.better).strip(), all, of -> figure(of, metric));
        }
        row(table, "Time a step", all, MetricsSection::seconds);
        Html html = new Html().add(table.html()).add(Words.note(explanation(used)));
        data.json().path("warnings").forEach(warning -> html.leaf("p", warning.asText(), "class", "warning")
                .newline());
        return html;
    }

    private static void row(DataTable table, String name, List<JsonNode> all, Function<JsonNode, Cell> cell) {
        List<Cell> cells = new ArrayList<>(List.of(Cell.text(name)));
        all.forEach(of -> cells.add(cell.apply(of)));
        table.row(cells);
    }

    private static Cell forms(JsonNode of) {
        Map<String, Integer> forms = new TreeMap<>();
        of.path("layers")
                .fields()
                .forEachRemaining(
                        form -> forms.put(form.getKey(), form.getValue().asInt()));
        return forms.isEmpty()
                ? Cell.missing()
                : Cell.number(
                        Words.forms(forms),
                        forms.values().stream().mapToInt(n -> n).sum());
    }

    private static Cell bytes(double bytes) {
        return Cell.number(Format.bytes(bytes), bytes);
    }

    private static Cell share(EvaluationData data, JsonNode of) {
        double share = of == data.floatModel() ? Double.NaN : Sections.share(data, of);
        return Cell.number(Format.percent(share), share);
    }

    private static Cell figure(JsonNode of, Metric metric) {
        double value = EvaluationData.figure(of, metric.field);
        double error = EvaluationData.error(of, metric.field);
        String text = Format.fixed(value, metric.decimals)
                + (Double.isFinite(error) ? " ± " + Format.fixed(error, metric.decimals) : "");
        return Cell.number(text, value);
    }

    private static Cell seconds(JsonNode of) {
        double seconds = EvaluationData.figure(of, "seconds_per_step");
        return Cell.number(Format.seconds(seconds), seconds);
    }

    /** The metrics anyone has a figure of; those of other judges under the names they came with. */
    private static List<Metric> used(List<JsonNode> all) {
        List<Metric> used = new ArrayList<>(METRICS);
        used.removeIf(metric -> all.stream().noneMatch(of -> has(of, metric.field)));
        Set<String> others = new LinkedHashSet<>();
        all.forEach(of -> of.fieldNames().forEachRemaining(others::add));
        METRICS.forEach(metric -> others.remove(metric.field));
        others.removeAll(List.of("bytes", "seconds_per_step"));
        for (String other : others) {
            if (all.stream().anyMatch(of -> has(of, other))) {
                used.add(new Metric(other, other.replace('_', ' '), "", 4));
            }
        }
        return used;
    }

    private static boolean has(JsonNode of, String metric) {
        return !Double.isNaN(EvaluationData.figure(of, metric));
    }

    private static String explanation(List<Metric> used) {
        StringBuilder text = new StringBuilder("↑ larger is better, ↓ smaller is better, ∞ nothing differed.");
        if (used.stream().anyMatch(metric -> metric.field.equals("ssim"))) {
            text.append(
                    " SSIM, PSNR and LPIPS compare a picture with the one the float model drew from the same noise.");
        }
        if (used.stream().anyMatch(metric -> metric.field.endsWith("sqnr_db"))) {
            text.append(" SQNR is signal over quantization noise: 10 dB more is a tenth of the error's power.");
        }
        return text.toString();
    }
}
