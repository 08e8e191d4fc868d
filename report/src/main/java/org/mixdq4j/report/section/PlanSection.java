package org.mixdq4j.report.section;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.report.chart.BitsChart;
import org.mixdq4j.report.chart.BytesChart;
import org.mixdq4j.report.chart.Legend;
import org.mixdq4j.report.chart.ParetoChart;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.data.PlanData;
import org.mixdq4j.report.html.DataTable;
import org.mixdq4j.report.html.DataTable.Cell;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** Which layer got how many bits, what that comes to, and what else could have been chosen. */
final class PlanSection {
    private final PlanData plan;
    private final Legend legend;
    private final Layers layers;

    PlanSection(PlanData plan, Legend legend, Layers layers) {
        this.plan = plan;
        this.legend = legend;
        this.layers = layers;
    }

    Html html() {
        Html html = new Html();
        BitsChart bits = new BitsChart(legend, layers);
        html.add(Words.heading(layers.byDepth() ? "Bits over the depth of the network" : "Bits of every layer"));
        html.add(Words.charts(plan.parts().stream().map(bits::of).toList()));
        html.add(legend.keys(
                List.of(), plan.parts().stream().anyMatch(part -> part.bits().contains(PlanData.FLOAT))));
        html.add(Words.note("A bar a layer; dashed lines are the averages of the groups' quantized layers."
                + (layers.byDepth()
                        ? ""
                        : " A plan does not tell where in the network a layer lies: make the report with the"
                                + " sensitivities too, and bars stand in order of depth.")));
        BytesChart bytes = new BytesChart(legend);
        html.add(Words.heading("Bytes by group"));
        html.add(Words.charts(plan.parts().stream().map(bytes::of).toList()));
        html.add(
                Words.note(
                        "The outline is the same at 16 bits; stronger colours are fewer bits. Layers in float count as 16 bits."));
        html.add(groups());
        pareto(html);
        html.add(floats());
        return html;
    }

    private Html groups() {
        DataTable table = new DataTable(
                        "Groups of the plan",
                        "Part",
                        "Group",
                        "Layers by bits",
                        "Average bits",
                        "Bytes",
                        "Objective",
                        "Metric summed")
                .id("plan-groups");
        for (PlanData.Part part : plan.parts()) {
            for (String group : part.groups()) {
                var node = part.group(group);
                double average = node.path("average_bits").asDouble(Double.NaN);
                double objective = node.path("objective").asDouble(Double.NaN);
                double bytes = PlanData.Part.bytes(part.layers()
                        .where(part.layers().stringColumn(PlanData.GROUP).isEqualTo(group)));
                table.row(
                        Cell.text(part.name()),
                        Cell.text(group),
                        Cell.text(counts(part, group)),
                        Cell.number(Format.fixed(average, 4), average),
                        Cell.number(Format.bytes(bytes), bytes),
                        Cell.number(Format.fixed(objective, 4), objective),
                        Cell.text(node.path("metric").asText()));
            }
        }
        return table.html();
    }

    private static String counts(PlanData.Part part, String group) {
        Map<Integer, Integer> counts = new TreeMap<>();
        part.layers().forEach(row -> {
            if (row.getString(PlanData.GROUP).equals(group)) {
                counts.merge(row.getInt(PlanData.BITS), 1, Integer::sum);
            }
        });
        List<String> words = new ArrayList<>();
        counts.forEach(
                (bits, count) -> words.add(Format.count(count) + (bits == PlanData.FLOAT ? " float" : " × " + bits)));
        return String.join(", ", words);
    }

    private void pareto(Html html) {
        List<Html> charts = new ArrayList<>();
        ParetoChart chart = new ParetoChart(legend);
        for (PlanData.Part part : plan.parts()) {
            if (!part.frontier().isEmpty()) {
                part.groups().forEach(group -> charts.add(chart.of(part, group)));
            }
        }
        if (charts.isEmpty()) {
            return;
        }
        html.add(Words.heading("Pareto curve"));
        html.add(Words.charts(charts));
        html.add(Legend.keys(List.of(
                new String[] {"cn", "joint program"},
                new String[] {"cn open", "groups solved apart"},
                new String[] {"cn pale", "beaten: another plan is at least as good in all and smaller"},
                new String[] {"ringed", "the chosen plan"})));
    }

    private Html floats() {
        DataTable table = new DataTable("Layers in float and layers pinned", "Layer", "Part", "Group", "Bits", "Reason")
                .id("plan-reasons");
        for (PlanData.Part part : plan.parts()) {
            part.layers().forEach(row -> {
                int bits = row.getInt(PlanData.BITS);
                String reason = row.getString(PlanData.REASON);
                if (bits == PlanData.FLOAT || !reason.equals("budget")) {
                    table.row(
                            Cell.code(row.getString(PlanData.LAYER)),
                            Cell.text(part.name()),
                            Cell.text(row.getString(PlanData.GROUP)),
                            Cell.number(bits == PlanData.FLOAT ? "float" : String.valueOf(bits), bits),
                            Cell.text(reason));
                }
            });
        }
        return table.size() == 0
                ? new Html()
                : new Html().add(Words.heading("Not decided by the budget")).add(table.html());
    }
}
