package org.mixdq4j.calib.captions;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Records of a delimited text, one after the other. With commas or semicolons as RFC 4180 says: a cell in quotes may hold
 * delimiters, line breaks and doubled quotes. With tabs a record is a line, and quotes count only around a whole cell.
 */
final class Delimited {
    private static final char QUOTE = '"';

    private final BufferedReader reader;
    private final char delimiter;
    private int line;
    private int recordLine;

    Delimited(BufferedReader reader, char delimiter) {
        this.reader = reader;
        this.delimiter = delimiter;
    }

    /** Number, from 1, of the line that the last record began on. */
    int line() {
        return recordLine;
    }

    /** The cells of the next record; empty at the end. @throws Unclosed if a quoted cell has no end */
    Optional<List<String>> next() throws IOException {
        String text = reader.readLine();
        if (text == null) {
            return Optional.empty();
        }
        line++;
        recordLine = line;
        return Optional.of(delimiter == '\t' ? tabbed(text) : quoted(text));
    }

    /** A quote that nothing closes. */
    static final class Unclosed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static List<String> tabbed(String text) {
        List<String> cells = new ArrayList<>();
        for (String cell : text.split("\t", -1)) {
            boolean whole = cell.length() > 1 && cell.charAt(0) == QUOTE && cell.charAt(cell.length() - 1) == QUOTE;
            String inner = whole ? cell.substring(1, cell.length() - 1) : cell;
            boolean doubled = whole && inner.replace("\"\"", "").indexOf(QUOTE) < 0;
            cells.add(doubled ? inner.replace("\"\"", "\"") : cell);
        }
        return cells;
    }

    private List<String> quoted(String first) throws IOException {
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        String text = first;
        boolean inside = false;
        int at = 0;
        while (true) {
            if (at == text.length()) {
                if (!inside) {
                    cells.add(cell.toString());
                    return cells;
                }
                text = reader.readLine();
                if (text == null) {
                    throw new Unclosed();
                }
                line++;
                cell.append('\n');
                at = 0;
                continue;
            }
            char c = text.charAt(at++);
            if (inside && c == QUOTE && at < text.length() && text.charAt(at) == QUOTE) {
                cell.append(QUOTE);
                at++;
            } else if (c == QUOTE && (inside || cell.isEmpty())) {
                inside = !inside;
            } else if (c == delimiter && !inside) {
                cells.add(cell.toString());
                cell.setLength(0);
            } else {
                cell.append(c);
            }
        }
    }
}
