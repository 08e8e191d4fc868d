package org.mixdq4j.report.html;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A table of figures. Its columns can be sorted where scripts run. */
public final class DataTable {
    /**
     * A cell.
     *
     * @param key what it is sorted by; null for its text
     */
    public record Cell(Html content, String key, boolean number) {
        public static Cell text(String text) {
            return new Cell(new Html().text(text), null, false);
        }

        /** Fixed-width text such as a layer's path or a digest. */
        public static Cell code(String text) {
            return new Cell(new Html().leaf("code", text), text, false);
        }

        /** A figure, as written and as sorted. */
        public static Cell number(String text, double value) {
            return new Cell(new Html().text(text), Double.isNaN(value) ? "" : String.valueOf(value), true);
        }

        public static Cell missing() {
            return number(Format.NONE, Double.NaN);
        }
    }

    private final String caption;
    private final List<String> columns;
    private final Html rows = new Html();
    private String id;
    private boolean[] numbers;
    private int count;

    public DataTable(String caption, String... columns) {
        this(caption, Arrays.asList(columns));
    }

    public DataTable(String caption, List<String> columns) {
        this.caption = caption;
        this.columns = new ArrayList<>(columns);
    }

    public DataTable id(String name) {
        id = name;
        return this;
    }

    public DataTable row(List<Cell> cells, String... attributes) {
        if (cells.size() != columns.size()) {
            throw new IllegalArgumentException(cells.size() + " cells under " + columns.size() + " columns");
        }
        if (numbers == null) {
            numbers = new boolean[cells.size()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = cells.get(i).number();
            }
        }
        rows.open("tr", attributes);
        for (int i = 0; i < cells.size(); i++) {
            Cell cell = cells.get(i);
            String tag = i == 0 ? "th" : "td";
            rows.open(
                    tag,
                    "scope",
                    i == 0 ? "row" : null,
                    "class",
                    cell.number() ? "n" : null,
                    "data-k",
                    cell.number() ? cell.key() : null);
            rows.add(cell.content()).close();
        }
        rows.close().newline();
        count++;
        return this;
    }

    public DataTable row(Cell... cells) {
        return row(Arrays.asList(cells));
    }

    public int size() {
        return count;
    }

    /** The table in a box of its own, which scrolls where the window is too narrow or the table too long. */
    public Html html() {
        Html html = new Html().open("div", "class", count > 24 ? "scroll tall" : "scroll", "tabindex", "0");
        html.open("table", "id", id).leaf("caption", caption).open("thead").open("tr");
        for (int i = 0; i < columns.size(); i++) {
            html.leaf("th", columns.get(i), "scope", "col", "class", numbers != null && numbers[i] ? "n" : null);
        }
        return html.close()
                .close()
                .open("tbody")
                .newline()
                .add(rows)
                .close()
                .close()
                .close()
                .newline();
    }
}
