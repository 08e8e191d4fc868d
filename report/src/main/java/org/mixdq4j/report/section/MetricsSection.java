package org.mixdq4j.report.section;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
        List<Metric> used = METRICS.stream()
                .filter(metric -> all.stream().anyMatch(of -> has(of, metric.field)))
                .toList();
        List<String> columns = new ArrayList<>(List.of("Model", "Layers", "Bytes", "of float"));
        used.forEach(metric -> columns.add(metric.name + " " + metric.better));
        columns.add("Time a step");
        DataTable table = new DataTable("Figures with ± one standard error", columns).id("metrics-table");
        all.forEach(of -> table.row(cells(data, of, used)));
        return new Html().add(table.html()).add(Words.note(explanation(used)));
    }

    private static List<Cell> cells(EvaluationData data, JsonNode of, List<Metric> metrics) {
        boolean original = of == data.floatModel();
        List<Cell> cells = new ArrayList<>();
        cells.add(Cell.text(original ? "float" : of.path("name").asText()));
        Map<String, Integer> forms = new TreeMap<>();
        of.path("layers")
                .fields()
                .forEachRemaining(
                        form -> forms.put(form.getKey(), form.getValue().asInt()));
        cells.add(Cell.text(forms.isEmpty() ? Format.NONE : Words.forms(forms)));
        double bytes = EvaluationData.figure(of, "bytes");
        cells.add(Cell.number(Format.bytes(bytes), bytes));
        double share = original ? Double.NaN : Sections.share(data, of);
        cells.add(Cell.number(Format.percent(share), share));
        for (Metric metric : metrics) {
            double value = EvaluationData.figure(of, metric.field);
            double error = EvaluationData.error(of, metric.field);
            String text = Format.fixed(value, metric.decimals)
                    + (Double.isFinite(error) ? " ± " + Format.fixed(error, metric.decimals) : "");
            cells.add(Cell.number(text, value));
        }
        double seconds = EvaluationData.figure(of, "seconds_per_step");
        cells.add(Cell.number(Format.seconds(seconds), seconds));
        return cells;
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
