package org.mixdq4j.report.chart;

import java.util.Arrays;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.data.Quantiles;
import org.mixdq4j.report.data.SensitivityData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;
import tech.tablesaw.api.Table;

/** Sensitivity from the network's input to its output, with a running median for each number of bits. */
public final class DepthChart {
    /** The running median spans this share of the layers. */
    private static final double WINDOW = 0.06;

    private static final int LEAST_WINDOW = 5;

    private final SensitivityData data;
    private final Legend legend;
    private final SeriesNames names;

    public DepthChart(SensitivityData data, Legend legend, Layers layers) {
        this.data = data;
        this.legend = legend;
        this.names = new SeriesNames(legend, layers, data.bits());
    }

    public Html of(String kind) {
        Plot plot = new Plot(
                SeriesNames.title(kind),
                "SQNR of the output in dB with one layer quantized, by the layer's depth in the network.",
                Plot.WIDE,
                300,
                new Plot.Margins(52, 50, 52, 42),
                "dB");
        Table all = data.of(kind);
        Axis x = Axis.exact(
                0, data.table().intColumn(SensitivityData.DEPTH).max(), plot.left() + 6, plot.right() - 6, false);
        Axis y = Axis.linear(all.doubleColumn(SensitivityData.SQNR).asDoubleArray(), plot.bottom(), plot.top());
        plot.frame(x, "depth: position from input to output", y, "SQNR of the output, dB", "∞", "none");
        EndLabels labels = new EndLabels();
        for (int bits : data.bits(kind)) {
            Table rows = data.of(kind, bits).sortAscendingOn(SensitivityData.DEPTH);
            for (String group : legend.groups()) {
                for (String type : data.values(SensitivityData.TYPE)) {
                    plot.add(dots(rows, kind, bits, group, type, x, y));
                }
            }
            labels.add(median(plot, rows, kind, bits, x, y), bits + " bit", "label");
        }
        labels.draw(plot, plot.right() + 7);
        return plot.html();
    }

    private Html dots(Table rows, String kind, int bits, String group, String type, Axis x, Axis y) {
        Marks marks = new Marks(names.of(kind, group, bits, type));
        Table of = SensitivityData.only(
                SensitivityData.only(rows, SensitivityData.GROUP, group), SensitivityData.TYPE, type);
        for (int i = 0; i < of.rowCount(); i++) {
            double db = of.doubleColumn(SensitivityData.SQNR).getDouble(i);
            marks.point(
                    x.at(of.intColumn(SensitivityData.DEPTH).getInt(i)),
                    y.at(db),
                    names.layers().number(of.stringColumn(SensitivityData.LAYER).get(i)),
                    Format.db(db));
        }
        return marks.isEmpty() ? new Html() : marks.dots();
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
