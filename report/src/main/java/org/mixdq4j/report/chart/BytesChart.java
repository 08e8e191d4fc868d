package org.mixdq4j.report.chart;

import java.util.List;
import org.mixdq4j.report.data.PlanData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;
import tech.tablesaw.api.Table;

/** Bytes by group and bits, beside what they would be at 16 bits. */
public final class BytesChart {
    private static final double ROW = 46;
    private static final double BAR = 22;

    private final Legend legend;

    public BytesChart(Legend legend) {
        this.legend = legend;
    }

    public Html of(PlanData.Part part) {
        List<String> groups = part.groups();
        Plot plot = new Plot(
                SeriesNames.title(part.name()),
                "Bytes by group and bits; the outline is what they are at 16 bits.",
                Plot.HALF,
                30 + 44 + ROW * groups.size(),
                new Plot.Margins(74, 20, 30, 44),
                null);
        double most = 0;
        for (String group : groups) {
            most = Math.max(most, sixteen(of(part, group)));
        }
        String unit = most >= 1e9 ? "GB" : most >= 1e6 ? "MB" : "kB";
        double scale = most >= 1e9 ? 1e9 : most >= 1e6 ? 1e6 : 1e3;
        Axis x = Axis.linear(new double[] {0, most / scale}, plot.left(), plot.right());
        plot.vertical(x, unit);
        for (int i = 0; i < groups.size(); i++) {
            String group = groups.get(i);
            Table layers = of(part, group);
            double y = plot.top() + ROW * i + 18;
            plot.text(plot.left() - 8, y + BAR / 2 + 4, group, "tick end");
            double whole = PlanData.Part.bytes(layers);
            plot.rect(
                    x.at(0),
                    y,
                    x.at(sixteen(layers) / scale) - x.at(0),
                    BAR,
                    "outline",
                    group + " at 16 bits: " + Format.bytes(sixteen(layers)));
            plot.text(
                    plot.left() + 2,
                    y - 5,
                    Format.bytes(whole) + ", " + Format.percent(whole / sixteen(layers)) + " of 16 bits",
                    "label");
            double done = 0;
            for (int bits : part.bits()) {
                Table of = layers.where(layers.intColumn(PlanData.BITS).isEqualTo(bits));
                double bytes = PlanData.Part.bytes(of);
                boolean isFloat = bits == PlanData.FLOAT;
                String style = isFloat ? Legend.FLOAT : legend.colour(group) + " " + Legend.shade(bits, part.bits());
                if (bytes > 0) {
                    plot.rect(
                            x.at(done / scale),
                            y,
                            Math.max(1, x.at(bytes / scale) - x.at(0) - 1),
                            BAR,
                            "fill " + style,
                            group + ", " + (isFloat ? "float" : Format.bits(bits)) + ": " + Format.bytes(bytes) + " in "
                                    + of.rowCount() + (of.rowCount() == 1 ? " layer" : " layers"));
                }
                done += bytes;
            }
        }
        return plot.html();
    }

    private static Table of(PlanData.Part part, String group) {
        return part.layers().where(part.layers().stringColumn(PlanData.GROUP).isEqualTo(group));
    }

    private static double sixteen(Table layers) {
        return layers.doubleColumn(PlanData.ELEMENTS).sum() * 2;
    }
}
