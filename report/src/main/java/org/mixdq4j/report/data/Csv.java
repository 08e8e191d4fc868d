package org.mixdq4j.report.data;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;
import tech.tablesaw.api.ColumnType;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.io.csv.CsvReadOptions;

/** CSV files as Tablesaw tables, read as text first so that a damaged cell can be named. */
final class Csv {
    private Csv() {}

    /** @throws MixdqException if it is no table, or lacks one of these columns */
    static Table read(Path file, List<String> columns) {
        Table table;
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            table = Table.read()
                    .usingOptions(CsvReadOptions.builder(reader)
                            .columnTypes(name -> ColumnType.STRING)
                            .missingValueIndicator("")
                            .sample(false)
                            .build());
        } catch (MalformedInputException e) {
            throw new MixdqException(file + " is not text in UTF-8 where CSV was expected; write it again", e);
        } catch (IOException e) {
            throw AtomicFiles.failure("read", file, e);
        } catch (RuntimeException e) {
            // Tablesaw tells ragged and empty files apart by exceptions of many kinds.
            throw new MixdqException(
                    file + " is no CSV table with the columns " + String.join(",", columns)
                            + ", the same number of cells in every line; write it again",
                    e);
        }
        for (String column : columns) {
            if (!table.containsColumn(column)) {
                throw Checked.damaged(
                        file,
                        "it has the columns " + String.join(",", table.columnNames()) + " where "
                                + String.join(",", columns) + " were expected");
            }
        }
        return table;
    }

    /** A column as numbers; an empty cell is missing if that is allowed. */
    static DoubleColumn numbers(Path file, Table table, String name, boolean mayBeEmpty) {
        StringColumn text = table.stringColumn(name);
        DoubleColumn numbers = DoubleColumn.create(name);
        for (int i = 0; i < text.size(); i++) {
            String cell = text.get(i).strip();
            if (cell.isEmpty() && mayBeEmpty) {
                numbers.appendMissing();
            } else {
                numbers.append(number(file, cell, name, i + 2));
            }
        }
        return numbers;
    }

    private static double number(Path file, String cell, String column, int line) {
        return number(cell)
                .orElseThrow(() -> Checked.damaged(
                        file,
                        "line " + line + " has '" + cell + "' as its " + column + " where a number was expected"));
    }

    /** A cell as a number, if it is one; both Java's and Python's names of infinity and NaN are. */
    static Optional<Double> number(String cell) {
        try {
            return Optional.of(
                    switch (cell.strip()) {
                        case "inf", "+inf" -> Double.POSITIVE_INFINITY;
                        case "-inf" -> Double.NEGATIVE_INFINITY;
                        case "nan" -> Double.NaN;
                        default -> Double.parseDouble(cell.strip());
                    });
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
