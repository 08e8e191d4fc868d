package org.mixdq4j.report.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.mixdq4j.report.html.Format;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/** images.csv of an evaluation: captions and figures of single pictures. Columns it lacks are not shown. */
final class PictureFigures {
    static final PictureFigures NONE = new PictureFigures(Table.create());

    private static final List<String> NUMBER = List.of("image", "picture", "index", "number", "file");
    private static final List<String> VARIANT = List.of("variant", "name");
    private static final List<String> METRICS = List.of("ssim", "psnr", "psnr_db", "lpips");

    private final Table table;

    private PictureFigures(Table table) {
        this.table = table;
    }

    static PictureFigures read(Path csv) {
        return new PictureFigures(Csv.read(csv, List.of()));
    }

    /** The caption a picture was drawn from; empty if not told. */
    String caption(String number) {
        return rows(number).stream()
                .map(row -> text(row, List.of("caption", "prompt")))
                .filter(caption -> !caption.isEmpty())
                .findFirst()
                .orElse("");
    }

    /** Such as "SSIM 0.998 · PSNR 43.70". */
    String of(String variant, String number) {
        Optional<Row> row = rows(number).stream()
                .filter(candidate -> text(candidate, VARIANT).equals(variant))
                .findFirst();
        List<String> figures = new ArrayList<>();
        for (String metric : METRICS) {
            row.map(of -> text(of, List.of(metric)))
                    .flatMap(Csv::number)
                    .ifPresent(value -> figures.add(metric.replace("_db", "").toUpperCase(Locale.ROOT) + " "
                            + Format.fixed(value, metric.startsWith("psnr") ? 1 : 3)));
        }
        return String.join(" · ", figures);
    }

    private List<Row> rows(String number) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < table.rowCount(); i++) {
            Row row = new Row(table, i);
            if (same(text(row, NUMBER), number)) {
                rows.add(row);
            }
        }
        return rows;
    }

    /** "7", "00007" and "images/float/00007.png" are the same picture. */
    private static boolean same(String cell, String number) {
        String name = cell.substring(cell.lastIndexOf('/') + 1).replaceFirst("\\.png$", "");
        return name.equals(number)
                || name.matches("\\d{1,9}")
                        && number.matches("\\d{1,9}")
                        && Integer.parseInt(name) == Integer.parseInt(number);
    }

    private static String text(Row row, List<String> columns) {
        return columns.stream()
                .filter(row.columnNames()::contains)
                .map(row::getString)
                .findFirst()
                .orElse("");
    }
}
