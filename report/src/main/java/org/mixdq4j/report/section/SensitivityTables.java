package org.mixdq4j.report.section;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.report.data.Quantiles;
import org.mixdq4j.report.data.SensitivityData;
import org.mixdq4j.report.html.DataTable;
import org.mixdq4j.report.html.DataTable.Cell;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/** Sensitivities as tables: a row a group and number of bits, and a row a layer. */
final class SensitivityTables {
    private final SensitivityData data;

    SensitivityTables(SensitivityData data) {
        this.data = data;
    }

    Html groups() {
        DataTable table = new DataTable(
                        "SQNR of the output in dB, over the layers of a group",
                        "Group",
                        "Kind",
                        "Bits",
                        "Layers",
                        "Worst layer",
                        "Worst",
                        "Lower quartile",
                        "Median",
                        "Best")
                .id("sensitivity-groups");
        for (String kind : data.kinds()) {
            for (int bits : data.bits(kind)) {
                for (String group : data.values(SensitivityData.GROUP)) {
                    Table rows = SensitivityData.only(data.of(kind, bits), SensitivityData.GROUP, group)
                            .sortOn(SensitivityData.SQNR, SensitivityData.LAYER);
                    if (!rows.isEmpty()) {
                        table.row(
                                Cell.text(group),
                                Cell.text(kind),
                                Cell.number(String.valueOf(bits), bits),
                                Cell.number(Format.count(rows.rowCount()), rows.rowCount()),
                                Cell.code(
                                        rows.stringColumn(SensitivityData.LAYER).get(0)),
                                quantile(rows, 0),
                                quantile(rows, 0.25),
                                quantile(rows, 0.5),
                                quantile(rows, 1));
                    }
                }
            }
        }
        return table.html();
    }

    private static Cell quantile(Table rows, double p) {
        return decibels(Quantiles.of(rows.doubleColumn(SensitivityData.SQNR).asDoubleArray(), p));
    }

    /** Layers with every number of bits in a row, worst first. */
    Html all() {
        List<String> columns = new ArrayList<>(List.of("Layer", "Kind", "Group", "Type", "Depth", "Elements"));
        data.bits().forEach(bits -> columns.add("dB at " + bits));
        boolean ssim = data.has(SensitivityData.SSIM);
        if (ssim) {
            data.bits().forEach(bits -> columns.add("SSIM at " + bits));
        }
        DataTable table = new DataTable(caption(), columns).id("layers-table");
        for (String kind : data.kinds()) {
            Map<String, Map<Integer, double[]>> values = new HashMap<>();
            for (Row row : data.of(kind)) {
                values.computeIfAbsent(row.getString(SensitivityData.LAYER), layer -> new HashMap<>())
                        .put(row.getInt(SensitivityData.BITS), new double[] {
                            row.getDouble(SensitivityData.SQNR), row.getDouble(SensitivityData.SSIM)
                        });
            }
            Table ranked = data.of(kind, data.rankBits(kind)).sortOn(SensitivityData.SQNR, SensitivityData.DEPTH);
            for (Row row : ranked) {
                table.row(
                        cells(row, values.get(row.getString(SensitivityData.LAYER)), ssim),
                        "data-kind",
                        kind,
                        "data-group",
                        row.getString(SensitivityData.GROUP),
                        "data-type",
                        row.getString(SensitivityData.TYPE));
            }
        }
        return table.html();
    }

    private String caption() {
        StringBuilder text = new StringBuilder("Worst first by dB");
        for (String kind : data.kinds()) {
            text.append(text.length() > 17 ? ", " : " at ")
                    .append(data.rankBits(kind))
                    .append(" bit (")
                    .append(kind)
                    .append(')');
        }
        return text.toString();
    }

    private List<Cell> cells(Row row, Map<Integer, double[]> byBits, boolean ssim) {
        List<Cell> cells = new ArrayList<>();
        cells.add(Cell.code(row.getString(SensitivityData.LAYER)));
        cells.add(Cell.text(row.getString(SensitivityData.KIND)));
        cells.add(Cell.text(row.getString(SensitivityData.GROUP)));
        cells.add(Cell.text(row.getString(SensitivityData.TYPE)));
        int depth = row.getInt(SensitivityData.DEPTH);
        cells.add(Cell.number(String.valueOf(depth), depth));
        double elements = row.getDouble(SensitivityData.ELEMENTS);
        cells.add(Cell.number(Format.count((long) elements), elements));
        for (int bits : data.bits()) {
            cells.add(byBits.containsKey(bits) ? decibels(byBits.get(bits)[0]) : Cell.missing());
        }
        if (ssim) {
            for (int bits : data.bits()) {
                double value = byBits.containsKey(bits) ? byBits.get(bits)[1] : Double.NaN;
                cells.add(Double.isNaN(value) ? Cell.missing() : Cell.number(Format.fixed(value, 5), value));
            }
        }
        return cells;
    }

    private static Cell decibels(double db) {
        return Cell.number(Format.db(db), db);
    }
}
