package org.mixdq4j.report.section;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.mixdq4j.report.chart.DepthChart;
import org.mixdq4j.report.chart.EstimateChart;
import org.mixdq4j.report.chart.Legend;
import org.mixdq4j.report.chart.RoleChart;
import org.mixdq4j.report.chart.SortedChart;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.data.SensitivityData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** How much each layer suffers from few bits. */
final class SensitivitySection {
    private final SensitivityData data;
    private final Legend legend;
    private final Layers layers;

    SensitivitySection(SensitivityData data, Legend legend, Layers layers) {
        this.data = data;
        this.legend = legend;
        this.layers = layers;
    }

    Html html() {
        Html html = new Html();
        html.add(Words.paragraph(
                "One layer is quantized at a time, and what comes out is compared with the float model. "
                        + "SQNR is signal over quantization noise of the network's output: small is sensitive, 10 dB less is ten "
                        + "times the error's power. " + beyond()));
        html.add(filters());
        Html keys = legend.keys(data.bits(), false);
        SortedChart sorted = new SortedChart(data, legend, layers);
        html.add(Words.heading("From worst to best"));
        html.add(Words.charts(each(kind -> sorted.of(kind, SortedChart.Metric.SQNR))))
                .add(keys);
        if (data.has(SensitivityData.SSIM)) {
            html.add(Words.heading("What it does to pictures"));
            html.add(Words.charts(each(kind -> sorted.of(kind, SortedChart.Metric.DISSIMILARITY))))
                    .add(keys);
        }
        DepthChart depth = new DepthChart(data, legend, layers);
        html.add(Words.heading("Over the depth of the network"));
        html.add(Words.charts(each(depth::of))).add(keys);
        html.add(Words.note("Dots are layers, lines the running median of each number of bits."));
        RoleChart roles = new RoleChart(data, legend, layers);
        html.add(Words.heading("By type of layer"));
        html.add(Words.charts(each(roles::of))).add(keys);
        html.add(Words.note("The last names of a layer's path and how many layers share them. Half of these layers lie "
                + "inside a bar; the tick is their median. The most sensitive type is on top."));
        if (data.has(SensitivityData.ESTIMATE)) {
            EstimateChart estimate = new EstimateChart(data, legend, layers);
            html.add(Words.heading("Estimate against measurement"));
            html.add(Words.charts(each(estimate::of))).add(keys);
            html.add(Words.note("On the dashed line both agree." + correlation()));
        }
        SensitivityTables tables = new SensitivityTables(data);
        html.add(Words.heading("Groups")).add(tables.groups());
        html.add(Words.heading("All layers")).add(tables.all());
        return html;
    }

    private interface ChartOf {
        Html of(String kind);
    }

    private List<Html> each(ChartOf chart) {
        List<Html> charts = new ArrayList<>();
        data.kinds().forEach(kind -> charts.add(chart.of(kind)));
        return charts;
    }

    /** How many measurements have no place on an axis. */
    private String beyond() {
        long same = data.table().doubleColumn(SensitivityData.SQNR).asList().stream()
                .filter(db -> db == Double.POSITIVE_INFINITY)
                .count();
        long broken = data.table().doubleColumn(SensitivityData.SQNR).asList().stream()
                .filter(db -> db == Double.NEGATIVE_INFINITY)
                .count();
        return (same == 0 ? "" : Words.many(same, "measurement") + " at ∞ changed nothing at all. ")
                + (broken == 0
                        ? ""
                        : Words.many(broken, "measurement") + " at “none” gave an output that is no number.");
    }

    private String correlation() {
        JsonNode figures = data.summary().path("rank_correlation");
        return data.kinds().stream()
                .filter(kind -> figures.path(kind).isNumber())
                .map(kind -> " Rank correlation of " + kind + ": "
                        + Format.fixed(figures.path(kind).asDouble(), 3) + ".")
                .collect(Collectors.joining());
    }

    /** Buttons that hide marks and rows, and a search; the page's script shows them. */
    private Html filters() {
        Html html = new Html().open("form", "class", "filters scripted", "aria-label", "Show only");
        choice(html, "kind", data.kinds());
        choice(html, "group", data.values(SensitivityData.GROUP));
        choice(html, "bits", data.bits().stream().map(String::valueOf).toList());
        choice(html, "type", data.values(SensitivityData.TYPE));
        html.open("label").text("find ");
        html.empty(
                "input",
                "type",
                "search",
                "name",
                "find",
                "placeholder",
                "part of a layer's name",
                "autocomplete",
                "off");
        return html.close().leaf("output", "").close().newline();
    }

    private static void choice(Html html, String name, List<String> values) {
        if (values.size() < 2) {
            return;
        }
        html.open("label").text(name + " ").open("select", "name", name).leaf("option", "all", "value", "");
        values.forEach(value -> html.leaf("option", value, "value", value));
        html.close().close();
    }
}
