package org.mixdq4j.report.chart;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.data.SensitivityData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/** The quick estimate of a layer's sensitivity against what was measured; on the diagonal both agree. */
public final class EstimateChart {
    private final SensitivityData data;
    private final SeriesNames names;

    public EstimateChart(SensitivityData data, Legend legend, Layers layers) {
        this.data = data;
        this.names = new SeriesNames(legend, layers, data.bits());
    }

    /** The chart of one kind; empty where it has no estimates. */
    public Html of(String kind) {
        Table all = data.of(kind);
        Table rows = all.where(all.doubleColumn(SensitivityData.ESTIMATE).isNotMissing());
        if (rows.isEmpty()) {
            return new Html();
        }
        Plot plot = new Plot(
                SeriesNames.title(kind),
                "Estimated SQNR in dB across, measured SQNR upwards.",
                Plot.HALF,
                380,
                new Plot.Margins(52, 20, 52, 42),
                "measured {} dB");
        double[] estimates = rows.doubleColumn(SensitivityData.ESTIMATE).asDoubleArray();
        double[] exact = rows.doubleColumn(SensitivityData.SQNR).asDoubleArray();
        Axis x = Axis.linear(estimates, plot.left(), plot.right());
        Axis y = Axis.linear(exact, plot.bottom(), plot.top());
        plot.frame(x, "estimate, dB", y, "measured SQNR of the output, dB", "∞", "none");
        diagonal(plot, estimates, exact, x, y);
        Map<String, Marks> bySeries = new TreeMap<>();
        for (Row row : rows) {
            String group = row.getString(SensitivityData.GROUP);
            String type = row.getString(SensitivityData.TYPE);
            int bits = row.getInt(SensitivityData.BITS);
            double estimate = row.getDouble(SensitivityData.ESTIMATE);
            double db = row.getDouble(SensitivityData.SQNR);
            bySeries.computeIfAbsent(
                            bits + "\0" + group + "\0" + type, key -> new Marks(names.of(kind, group, bits, type)))
                    .point(
                            x.at(estimate),
                            y.at(db),
                            names.layers().number(row.getString(SensitivityData.LAYER)),
                            Format.db(db) + " (estimate " + Format.db(estimate) + ")");
        }
        bySeries.values().forEach(marks -> plot.add(marks.dots()));
        return plot.html();
    }

    private static void diagonal(Plot plot, double[] estimates, double[] exact, Axis x, Axis y) {
        double[] xs = DoubleStream.of(estimates).filter(Double::isFinite).toArray();
        double[] ys = DoubleStream.of(exact).filter(Double::isFinite).toArray();
        if (xs.length == 0 || ys.length == 0) {
            return;
        }
        double from = Math.max(
                DoubleStream.of(xs).min().getAsDouble(),
                DoubleStream.of(ys).min().getAsDouble());
        double to = Math.min(
                DoubleStream.of(xs).max().getAsDouble(),
                DoubleStream.of(ys).max().getAsDouble());
        if (from < to) {
            plot.line(x.at(from), y.at(from), x.at(to), y.at(to), "diagonal");
        }
    }
}
