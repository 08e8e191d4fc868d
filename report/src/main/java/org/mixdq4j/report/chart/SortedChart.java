package org.mixdq4j.report.chart;

import org.mixdq4j.report.chart.Marks.Series;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.data.SensitivityData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;
import tech.tablesaw.api.Table;

/** Layers of each group from the most to the least sensitive, a curve for each number of bits. */
public final class SortedChart {
    /** What is drawn: a column, how it is named, and whether small values are the bad ones. */
    public enum Metric {
        SQNR(SensitivityData.SQNR, "SQNR of the output, dB", false),
        DISSIMILARITY(SensitivityData.DISSIMILARITY, "1 − SSIM of the picture", true);

        private final String column;
        private final String axis;
        private final boolean log;

        Metric(String column, String axis, boolean log) {
            this.column = column;
            this.axis = axis;
            this.log = log;
        }

        String text(double value) {
            return log ? Format.significant(value, 3) : Format.db(value);
        }
    }

    private final SensitivityData data;
    private final Legend legend;
    private final SeriesNames names;

    public SortedChart(SensitivityData data, Legend legend, Layers layers) {
        this.data = data;
        this.legend = legend;
        this.names = new SeriesNames(legend, layers, data.bits());
    }

    /** The chart of one kind; empty where the metric was not measured. */
    public Html of(String kind, Metric metric) {
        Table all = measured(data.of(kind), metric);
        if (all.isEmpty()) {
            return new Html();
        }
        Plot plot = new Plot(
                SeriesNames.title(kind),
                metric.axis + " of every layer, sorted from worst to best, by group and bits.",
                Plot.HALF,
                330,
                new Plot.Margins(52, 14, 52, 42),
                metric.log ? "1 − SSIM {}" : "{} dB");
        int longest = all.splitOn(SensitivityData.BITS, SensitivityData.GROUP).asTableList().stream()
                .mapToInt(Table::rowCount)
                .max()
                .orElse(1);
        Axis x = Axis.exact(1, longest, plot.left(), plot.right(), false);
        double[] values = all.doubleColumn(metric.column).asDoubleArray();
        Axis y = metric.log
                ? Axis.log(values, plot.bottom(), plot.top())
                : Axis.linear(values, plot.bottom(), plot.top());
        plot.frame(x, "rank within the group, worst first", y, metric.axis, "∞", metric.log ? "0" : "none");
        Html labels = new Html();
        for (int bits : data.bits(kind)) {
            Table longestRows = null;
            String colour = "";
            for (String group : legend.groups()) {
                Table rows = rows(kind, bits, group, metric);
                draw(plot, rows, kind, bits, group, metric, x, y);
                if (longestRows == null || rows.rowCount() > longestRows.rowCount()) {
                    longestRows = rows;
                    colour = legend.colour(group);
                }
            }
            if (longestRows != null && !longestRows.isEmpty()) {
                // In the middle: at their ends curves of different bits meet.
                int middle = longestRows.rowCount() / 2;
                double value = longestRows.doubleColumn(metric.column).getDouble(middle);
                labels.leaf(
                        "text",
                        bits + " bit",
                        "class",
                        "label halo mid t" + colour,
                        "x",
                        Format.px(x.at(middle + 1)),
                        "y",
                        Format.px(y.at(value) - 9));
            }
        }
        plot.add(labels);
        return plot.html();
    }

    private static Table measured(Table rows, Metric metric) {
        return rows.where(rows.doubleColumn(metric.column).isNotMissing());
    }

    private Table rows(String kind, int bits, String group, Metric metric) {
        Table rows = measured(SensitivityData.only(data.of(kind, bits), SensitivityData.GROUP, group), metric);
        return metric.log ? rows.sortDescendingOn(metric.column) : rows.sortOn(metric.column, SensitivityData.DEPTH);
    }

    private void draw(Plot plot, Table rows, String kind, int bits, String group, Metric metric, Axis x, Axis y) {
        if (rows.isEmpty()) {
            return;
        }
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < rows.rowCount(); i++) {
            line.append(line.isEmpty() ? 'M' : 'L')
                    .append(Format.px(x.at(i + 1)))
                    .append(' ')
                    .append(Format.px(y.at(rows.doubleColumn(metric.column).getDouble(i))));
        }
        plot.add(new Html()
                .empty(
                        "path",
                        "class",
                        "curve " + names.style(group, bits),
                        "d",
                        line.toString(),
                        "data-kind",
                        kind,
                        "data-group",
                        group,
                        "data-bits",
                        String.valueOf(bits),
                        "data-type",
                        "all"));
        for (String type : data.values(SensitivityData.TYPE)) {
            Series series = names.of(kind, group, bits, type);
            Marks marks = new Marks(series);
            for (int i = 0; i < rows.rowCount(); i++) {
                double value = rows.doubleColumn(metric.column).getDouble(i);
                if (rows.stringColumn(SensitivityData.TYPE).get(i).equals(type)) {
                    int layer = names.layers()
                            .number(rows.stringColumn(SensitivityData.LAYER).get(i));
                    marks.point(x.at(i + 1), y.at(value), layer, metric.text(value));
                }
            }
            if (!marks.isEmpty()) {
                plot.add(marks.dots());
            }
        }
    }
}
