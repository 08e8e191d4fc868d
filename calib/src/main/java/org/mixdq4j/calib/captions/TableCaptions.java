package org.mixdq4j.calib.captions;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;

/** A table with a header, its cells divided by tabs, commas or semicolons; the number of a caption is that of its row. */
final class TableCaptions {
    private static final char[] DELIMITERS = {'\t', ',', ';'};

    private TableCaptions() {}

    /** Whether the file's name, or its first line, says that it is a table. */
    static boolean isTable(Path file, String firstLine) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.matches(".*\\.(csv|tsv|tab)")) {
            return true;
        }
        // A table under another name; prompts do not hold tabs.
        return firstLine.strip().indexOf('\t') >= 0;
    }

    static List<Caption> parse(BufferedReader reader, Path file, String firstLine, int samples) throws IOException {
        char delimiter = delimiter(firstLine);
        Delimited records = new Delimited(reader, delimiter);
        List<String> names = List.of();
        do {
            Optional<List<String>> record = next(records, file);
            if (record.isEmpty()) {
                return List.of();
            }
            names = record.get();
        } while (names.stream().allMatch(String::isBlank));
        int column = PromptColumn.among(names, file, "its first line is");
        List<Caption> captions = new ArrayList<>();
        int row = 0;
        for (Optional<List<String>> record = next(records, file); record.isPresent(); record = next(records, file)) {
            row++;
            List<String> cells = record.get();
            if (cells.size() > names.size()) {
                throw new MixdqException("Captions file " + file + ": line " + records.line() + " has " + cells.size()
                        + " cells under " + names.size() + " columns; put text with a "
                        + (delimiter == '\t' ? "tab" : "'" + delimiter + "'") + " in it into quotes.");
            }
            String text = column < cells.size() ? Captions.tidy(cells.get(column)) : "";
            if (text.indexOf('\0') >= 0) {
                throw TextCaptions.binary(file, records.line());
            }
            if (!text.isEmpty() && captions.size() < samples) {
                captions.add(new Caption(row, text));
            }
        }
        return captions;
    }

    private static Optional<List<String>> next(Delimited records, Path file) throws IOException {
        try {
            return records.next();
        } catch (Delimited.Unclosed e) {
            throw new MixdqException(
                    "Captions file " + file + ": the cell in quotes that begins at line " + records.line()
                            + " does not end; close it, and double quotes inside quotes.",
                    e);
        }
    }

    /** The one that gives a column of prompts, else the one that gives most columns. */
    private static char delimiter(String firstLine) throws IOException {
        char best = DELIMITERS[0];
        int most = 0;
        for (char delimiter : DELIMITERS) {
            List<String> cells;
            try {
                cells = new Delimited(new BufferedReader(new StringReader(firstLine)), delimiter)
                        .next()
                        .orElse(List.of());
            } catch (Delimited.Unclosed e) {
                continue;
            }
            if (cells.stream().anyMatch(PromptColumn::isName)) {
                return delimiter;
            }
            if (cells.size() > most) {
                most = cells.size();
                best = delimiter;
            }
        }
        return best;
    }
}
