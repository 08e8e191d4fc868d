package org.mixdq4j.report.chart;

import java.util.Arrays;
import java.util.Map;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** A few named figures in dB as horizontal bars; the first is what the others are compared with. */
public final class BarChart {
    private static final double ROW = 28;

    private BarChart() {}

    public static Html of(String title, String about, Map<String, Double> figures) {
        Plot plot = new Plot(
                title, about, Plot.HALF, 30 + 44 + ROW * figures.size(), new Plot.Margins(190, 64, 30, 44), null);
        double[] values = figures.values().stream()
                .mapToDouble(Double::doubleValue)
                .filter(Double::isFinite)
                .toArray();
        double most = Math.max(1e-9, Arrays.stream(values).max().orElse(1));
        double least = Math.min(0, Arrays.stream(values).min().orElse(0));
        Axis x = Axis.linear(new double[] {least, most}, plot.left(), plot.right());
        plot.vertical(x, "dB");
        int i = 0;
        for (Map.Entry<String, Double> figure : figures.entrySet()) {
            double y = plot.top() + ROW * i + 4;
            double db = figure.getValue();
            double end = x.at(Double.isFinite(db) ? db : db > 0 ? most : least);
            double zero = x.at(0);
            plot.text(plot.left() - 8, y + 14, figure.getKey(), "tick end name");
            plot.rect(
                    Math.min(zero, end),
                    y,
                    Math.max(1, Math.abs(end - zero)),
                    ROW - 8,
                    "fill " + (i == 0 ? "c0" : "c0 s2"),
                    figure.getKey() + ": " + Format.db(db) + " dB");
            plot.text(Math.max(zero, end) + 6, y + 14, Format.db(db) + (Double.isFinite(db) ? " dB" : ""), "label");
            i++;
        }
        return plot.html();
    }
}
