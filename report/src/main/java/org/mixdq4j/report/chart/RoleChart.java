package org.mixdq4j.report.chart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.data.Quantiles;
import org.mixdq4j.report.data.SensitivityData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;
import tech.tablesaw.api.Table;

/** Distribution by type of layer: half of a type's layers lie in its bar, the median is its tick. */
public final class RoleChart {
    private static final double ROW = 19;
    private static final int MOST_ROWS = 32;

    private final SensitivityData data;
    private final SeriesNames names;

    /** A type of layer: type and role, such as conv and conv_shortcut. */
    private record Row(String name, String group, String type, Table layers, int count, double median) {}

    public RoleChart(SensitivityData data, Legend legend, Layers layers) {
        this.data = data;
        this.names = new SeriesNames(legend, layers, data.bits());
    }

    public Html of(String kind) {
        List<Row> rows = rows(kind);
        Plot plot = new Plot(
                SeriesNames.title(kind),
                "SQNR of the output in dB by type of layer: bar from the lower to the upper quartile, tick at the median.",
                Plot.HALF,
                30 + 44 + ROW * rows.size(),
                new Plot.Margins(196, 16, 30, 44),
                null);
        Axis x = Axis.linear(
                data.of(kind).doubleColumn(SensitivityData.SQNR).asDoubleArray(), plot.left(), plot.right());
        plot.vertical(x, "SQNR of the output, dB");
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            double y = plot.top() + ROW * (i + 0.5);
            plot.text(plot.left() - 8, y + 4, row.name + " · " + row.count, "tick end name");
            plot.line(plot.left(), y, plot.right(), y, "grid");
            for (int bits : data.bits(kind)) {
                draw(plot, row, kind, bits, x, y);
            }
        }
        return plot.html();
    }

    private void draw(Plot plot, Row row, String kind, int bits, Axis x, double y) {
        double[] db = row.layers
                .where(row.layers.intColumn(SensitivityData.BITS).isEqualTo(bits))
                .doubleColumn(SensitivityData.SQNR)
                .asDoubleArray();
        if (db.length == 0) {
            return;
        }
        double low = Quantiles.of(db, 0.25);
        double middle = Quantiles.of(db, 0.5);
        double high = Quantiles.of(db, 0.75);
        String title = row.name + " (" + row.group + "), " + kind + " at " + bits + " bit: median " + Format.db(middle)
                + " dB, quartiles " + Format.db(low) + " and " + Format.db(high) + ", worst "
                + Format.db(Quantiles.of(db, 0)) + ", " + db.length + (db.length == 1 ? " layer" : " layers");
        String[] filters = {
            "data-kind", kind, "data-group", row.group, "data-bits", String.valueOf(bits), "data-type", row.type
        };
        Html piece = new Html();
        piece.open("g", filters);
        // Wide enough to show its colour where a type has one layer.
        double from = Math.min(x.at(low), x.at(middle) - 3.5);
        double to = Math.max(x.at(high), x.at(middle) + 3.5);
        bar(piece, "box " + names.style(row.group, bits), from, to, y, 5, title);
        bar(piece, "middle", x.at(middle) - 1, x.at(middle) + 1, y, 6, title);
        plot.add(piece.close());
    }

    private static void bar(Html html, String style, double from, double to, double y, double half, String title) {
        html.open(
                        "rect",
                        "class",
                        style,
                        "x",
                        Format.px(from),
                        "y",
                        Format.px(y - half),
                        "width",
                        Format.px(to - from),
                        "height",
                        Format.px(2 * half),
                        "rx",
                        "2")
                .leaf("title", title)
                .close();
    }

    /** The most sensitive type first. */
    private List<Row> rows(String kind) {
        List<Row> rows = new ArrayList<>();
        int rank = data.rankBits(kind);
        List<Table> types = data.of(kind)
                .splitOn(SensitivityData.TYPE, SensitivityData.ROLE, SensitivityData.GROUP)
                .asTableList();
        for (Table of : types) {
            Table ranked = of.where(of.intColumn(SensitivityData.BITS).isEqualTo(rank));
            rows.add(new Row(
                    of.stringColumn(SensitivityData.ROLE).get(0),
                    of.stringColumn(SensitivityData.GROUP).get(0),
                    of.stringColumn(SensitivityData.TYPE).get(0),
                    of,
                    of.stringColumn(SensitivityData.LAYER).countUnique(),
                    Quantiles.of(ranked.doubleColumn(SensitivityData.SQNR).asDoubleArray(), 0.5)));
        }
        rows.sort(Comparator.comparingDouble(Row::median)
                .thenComparing(Row::name)
                .thenComparing(Row::type)
                .thenComparing(Row::group));
        return rows.subList(0, Math.min(MOST_ROWS, rows.size()));
    }
}
