package org.mixdq4j.report.section;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mixdq4j.report.chart.AloneChart;
import org.mixdq4j.report.chart.BarChart;
import org.mixdq4j.report.chart.Legend;
import org.mixdq4j.report.data.CheckpointData;
import org.mixdq4j.report.html.DataTable;
import org.mixdq4j.report.html.DataTable.Cell;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** Checkpoints with integer weights: forms, bytes, what each technique buys, what stayed in float and why. */
final class CheckpointSection {
    private CheckpointSection() {}

    static Html of(Measured measured) {
        Html html = new Html().add(overview(measured.checkpoints()));
        for (CheckpointData checkpoint : measured.checkpoints()) {
            html.add(Words.heading(checkpoint.name()));
            List<Html> charts = new ArrayList<>();
            Map<String, Double> variants = checkpoint.outputSqnr();
            if (!variants.isEmpty()) {
                charts.add(BarChart.of(
                        "What each technique buys",
                        "SQNR of the output in dB, as written and with one technique switched off.",
                        variants));
            }
            boolean alone = !checkpoint.alone().isEmpty();
            if (alone) {
                charts.add(new AloneChart(measured.layers()).of(checkpoint));
            }
            if (!charts.isEmpty()) {
                html.add(Words.charts(charts));
            }
            if (alone) {
                html.add(Legend.keys(
                        List.of(new String[] {"c0", "quantized"}, new String[] {Legend.FLOAT, "left in float"})));
            }
            html.add(floats(checkpoint));
        }
        return html;
    }

    private static Html overview(List<CheckpointData> checkpoints) {
        DataTable table = new DataTable(
                        "Weights files and layers by form",
                        "Checkpoint",
                        "Scheme",
                        "Layers",
                        "Quantized",
                        "Source file",
                        "FP32",
                        "of FP32",
                        "Output SQNR, dB")
                .id("quantized-table");
        for (CheckpointData checkpoint : checkpoints) {
            double bytes = checkpoint.figure("bytes_quantized");
            double source = checkpoint.figure("bytes_source");
            double float32 = checkpoint.figure("bytes_float32");
            double db = checkpoint.outputSqnr().values().stream().findFirst().orElse(Double.NaN);
            table.row(
                    Cell.text(checkpoint.name()),
                    Cell.text(checkpoint.config().scheme().path("name").asText(Format.NONE)),
                    Cell.text(Words.forms(checkpoint.forms())),
                    Cell.number(Format.bytes(bytes), bytes),
                    Cell.number(Format.bytes(source), source),
                    Cell.number(Format.bytes(float32), float32),
                    Cell.number(Format.percent(bytes / float32), bytes / float32),
                    Cell.number(Format.db(db), db));
        }
        return table.html();
    }

    private static Html floats(CheckpointData checkpoint) {
        if (checkpoint.config().floatLayers().isEmpty()) {
            return new Html();
        }
        DataTable table = new DataTable("Layers left in float", "Layer", "Reason");
        checkpoint.config().floatLayers().forEach((id, reason) -> table.row(Cell.code(id), Cell.text(reason)));
        return table.html();
    }
}
