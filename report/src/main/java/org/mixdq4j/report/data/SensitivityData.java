package org.mixdq4j.report.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.mixdq4j.core.error.MixdqException;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * What {@code mixdq sensitivity} measured: a row for every layer, kind and number of bits.
 *
 * <p>In the column {@value #SQNR} negative infinity stands for an output that held no number, so that such a layer sorts
 * as the worst; infinity means that nothing differed. {@value #SSIM} and {@value #ESTIMATE} are missing where they were
 * not measured.
 */
public final class SensitivityData {
    public static final String LAYER = "layer";
    public static final String GROUP = "group";
    public static final String TYPE = "type";
    public static final String DEPTH = "depth";
    public static final String KIND = "kind";
    public static final String BITS = "bits";
    public static final String ELEMENTS = "elements";
    public static final String SQNR = "sqnr_db";
    public static final String SSIM = "ssim";
    public static final String ESTIMATE = "estimate_db";

    /** 1 - SSIM: how far pictures are off, small for layers that can do with few bits. */
    public static final String DISSIMILARITY = "1 - ssim";

    /** What kinds of layers share: the last names of their path, without numbers, such as {@code attn2.to_k}. */
    public static final String ROLE = "role";

    private static final List<String> COLUMNS =
            List.of(LAYER, GROUP, TYPE, DEPTH, KIND, BITS, ELEMENTS, SQNR, SSIM, ESTIMATE);

    private final Table table;
    private final JsonNode summary;
    private final List<SourceFile> files;

    /** Parts asked for, which are copies: each is made once. */
    private final Map<String, Table> parts = new HashMap<>();

    private SensitivityData(Table table, JsonNode summary, List<SourceFile> files) {
        this.table = table;
        this.summary = summary;
        this.files = files;
    }

    /** @throws MixdqException if the folder holds no sensitivity.csv or a damaged one */
    public static SensitivityData read(Path folder) {
        Path csv = folder.resolve("sensitivity.csv");
        if (!Files.isRegularFile(csv)) {
            throw new MixdqException("the folder " + folder
                    + " holds no sensitivity.csv; give the folder that 'mixdq sensitivity' wrote");
        }
        List<SourceFile> files = new ArrayList<>(List.of(SourceFile.of(csv)));
        Path json = folder.resolve("summary.json");
        JsonNode summary = MissingNode.getInstance();
        if (Files.isRegularFile(json)) {
            summary = Checked.read(json, "mixdq4j-sensitivity", 1, "sensitivity");
            files.add(SourceFile.of(json));
        }
        return new SensitivityData(typed(csv), summary, files);
    }

    private static Table typed(Path csv) {
        Table text = Csv.read(csv, COLUMNS);
        if (text.rowCount() == 0) {
            throw Checked.damaged(csv, "it has no rows");
        }
        DoubleColumn sqnr = Csv.numbers(csv, text, SQNR, false)
                .map(db -> Double.isNaN(db) ? Double.NEGATIVE_INFINITY : db)
                .setName(SQNR);
        // Tablesaw's map passes over missing numbers, which is what NaN is to it.
        for (int i = 0; i < sqnr.size(); i++) {
            if (sqnr.isMissing(i)) {
                sqnr.set(i, Double.NEGATIVE_INFINITY);
            }
        }
        DoubleColumn ssim = Csv.numbers(csv, text, SSIM, true);
        DoubleColumn off = DoubleColumn.create(DISSIMILARITY);
        ssim.forEach((Double value) -> off.append(1 - value));
        StringColumn role = StringColumn.create(ROLE);
        text.stringColumn(LAYER).forEach(layer -> role.append(role(layer)));
        return Table.create(
                "sensitivity",
                text.stringColumn(LAYER),
                text.stringColumn(GROUP),
                text.stringColumn(TYPE),
                whole(csv, text, DEPTH),
                text.stringColumn(KIND),
                whole(csv, text, BITS),
                Csv.numbers(csv, text, ELEMENTS, false),
                sqnr,
                ssim,
                Csv.numbers(csv, text, ESTIMATE, true),
                off,
                role);
    }

    private static IntColumn whole(Path csv, Table text, String name) {
        IntColumn column = IntColumn.create(name);
        DoubleColumn numbers = Csv.numbers(csv, text, name, false);
        for (int i = 0; i < numbers.size(); i++) {
            double value = numbers.getDouble(i);
            if (value != (int) value || value < 0) {
                throw Checked.damaged(
                        csv,
                        "line " + (i + 2) + " has '" + text.stringColumn(name).get(i) + "' as its " + name
                                + " where a whole number was expected");
            }
            column.append((int) value);
        }
        return column;
    }

    static String role(String layer) {
        List<String> names = new ArrayList<>();
        for (String name : layer.split("\\.")) {
            if (!name.matches("\\d+")) {
                names.add(name);
            }
        }
        return String.join(".", names.subList(Math.max(0, names.size() - 2), names.size()));
    }

    /** All rows, in the order of the file. */
    public Table table() {
        return table;
    }

    /** The rows of a kind. */
    public Table of(String kind) {
        return parts.computeIfAbsent(
                kind, key -> table.where(table.stringColumn(KIND).isEqualTo(kind)));
    }

    /** The rows of a kind at some bits. */
    public Table of(String kind, int bits) {
        Table rows = of(kind);
        return parts.computeIfAbsent(
                kind + " at " + bits, key -> rows.where(rows.intColumn(BITS).isEqualTo(bits)));
    }

    /** The rows of a table whose {@code column} is {@code value}. */
    public static Table only(Table rows, String column, String value) {
        return rows.where(rows.stringColumn(column).isEqualTo(value));
    }

    /** Whether a column holds any value. */
    public boolean has(String column) {
        return table.column(column).countMissing() < table.rowCount();
    }

    /** The kinds there are, {@code weights} first. */
    public List<String> kinds() {
        TreeSet<String> kinds = new TreeSet<>((a, b) -> b.compareTo(a));
        table.stringColumn(KIND).forEach(kinds::add);
        return List.copyOf(kinds);
    }

    /** The numbers of bits a kind was measured at, ascending. */
    public List<Integer> bits(String kind) {
        TreeSet<Integer> bits = new TreeSet<>();
        of(kind).intColumn(BITS).forEach(bits::add);
        return List.copyOf(bits);
    }

    /** All numbers of bits. */
    public List<Integer> bits() {
        TreeSet<Integer> bits = new TreeSet<>();
        table.intColumn(BITS).forEach(bits::add);
        return List.copyOf(bits);
    }

    /** Bits to rank layers by: 4, where differences show and plans are decided; else the fewest. */
    public int rankBits(String kind) {
        List<Integer> bits = bits(kind);
        return bits.contains(4) ? 4 : bits.get(0);
    }

    /** Values of a text column, sorted. */
    public List<String> values(String column) {
        return List.copyOf(new TreeSet<>(table.stringColumn(column).asSet()));
    }

    /** How many layers there are. */
    public int layers() {
        return table.stringColumn(LAYER).countUnique();
    }

    /** summary.json, or a missing node. */
    public JsonNode summary() {
        return summary;
    }

    public List<SourceFile> files() {
        return files;
    }
}
