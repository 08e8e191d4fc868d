package org.mixdq4j.report.chart;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.data.Quantiles;
import org.mixdq4j.report.data.SensitivityData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/** Sensitivity from the network's input to its output, with a running median for each number of bits. */
public final class DepthChart {
    /** The running median spans this share of the layers. */
    private static final double WINDOW = 0.06;

    private static final int LEAST_WINDOW = 5;

    private final SensitivityData data;
    private final SeriesNames names;

    public DepthChart(SensitivityData data, Legend legend, Layers layers) {
        this.data = data;
        this.names = new SeriesNames(legend, layers, data.bits());
    }

    public Html of(String kind) {
        Plot plot = new Plot(
                SeriesNames.title(kind),
                "SQNR of the output in dB with one layer quantized, by the layer's depth in the network.",
                Plot.WIDE,
                300,
                new Plot.Margins(52, 50, 52, 42),
                "{} dB");
        Table all = data.of(kind);
        Axis x = Axis.exact(
                0, data.table().intColumn(SensitivityData.DEPTH).max(), plot.left() + 6, plot.right() - 6, false);
        Axis y = Axis.linear(all.doubleColumn(SensitivityData.SQNR).asDoubleArray(), plot.bottom(), plot.top());
        plot.frame(x, "depth: position from input to output", y, "SQNR of the output, dB", "∞", "none");
        EndLabels labels = new EndLabels();
        for (int bits : data.bits(kind)) {
            Table rows = data.of(kind, bits).sortAscendingOn(SensitivityData.DEPTH);
            dots(plot, rows, kind, bits, x, y);
            labels.add(median(plot, rows, kind, bits, x, y), bits + " bit", "label");
        }
        labels.draw(plot, plot.right() + 7);
        return plot.html();
    }

    private void dots(Plot plot, Table rows, String kind, int bits, Axis x, Axis y) {
        Map<String, Marks> bySeries = new TreeMap<>();
        for (Row row : rows) {
            String group = row.getString(SensitivityData.GROUP);
            String type = row.getString(SensitivityData.TYPE);
            double db = row.getDouble(SensitivityData.SQNR);
            bySeries.computeIfAbsent(group + "\0" + type, key -> new Marks(names.of(kind, group, bits, type)))
                    .point(
                            x.at(row.getInt(SensitivityData.DEPTH)),
                            y.at(db),
                            names.layers().number(row.getString(SensitivityData.LAYER)),
                            Format.db(db));
        }
        bySeries.values().forEach(marks -> plot.add(marks.dots()));
    }

    /** @return where the line ends */
    private double median(Plot plot, Table rows, String kind, int bits, Axis x, Axis y) {
        double[] db = rows.doubleColumn(SensitivityData.SQNR).asDoubleArray();
        int half = Math.max(LEAST_WINDOW, (int) (WINDOW * db.length)) / 2;
        StringBuilder line = new StringBuilder();
        double end = 0;
        for (int i = 0; i < db.length; i++) {
            double middle =
                    Quantiles.of(Arrays.copyOfRange(db, Math.max(0, i - half), Math.min(db.length, i + half + 1)), 0.5);
            end = y.at(middle);
            line.append(i == 0 ? 'M' : 'L')
                    .append(Format.px(x.at(rows.intColumn(SensitivityData.DEPTH).getInt(i))))
                    .append(' ')
                    .append(Format.px(end));
        }
        plot.add(new Html()
                .empty(
                        "path",
                        "class",
                        "median",
                        "d",
                        line.toString(),
                        "data-kind",
                        kind,
                        "data-bits",
                        String.valueOf(bits),
                        "data-group",
                        "all",
                        "data-type",
                        "all"));
        return end;
    }
}
