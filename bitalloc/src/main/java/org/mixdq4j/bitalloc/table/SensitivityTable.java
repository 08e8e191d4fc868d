package org.mixdq4j.bitalloc.table;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mixdq4j.core.error.MixdqException;

/**
 * How good the network's result is with one layer alone quantized to some bits; larger is better. The YAML is MixDQ's:
 * {@code model.<path>: [value, value, ...]}, one value per column of bits. The bits of the columns are those given by
 * the caller, else those of a comment {@code # bits: 2, 3, 4, 6, 8} in the file, else MixDQ's 2, 4, 8.
 *
 * @param file where it was read
 * @param columns bits of the columns
 * @param layers layer id to its values by bits
 */
public record SensitivityTable(Path file, List<Integer> columns, SortedMap<String, SortedMap<Integer, Double>> layers) {
    /** Columns of the published tables. */
    public static final List<Integer> MIXDQ_COLUMNS = List.of(2, 4, 8);

    private static final Pattern HEADER =
            Pattern.compile("(?m)^#\\s*bits\\s*:\\s*\\[?\\s*(\\d{1,2}(?:\\s*,\\s*\\d{1,2})*)\\s*\\]?\\s*$");

    /**
     * @param columns bits of the columns; empty to take what the file says
     * @throws MixdqException if the file is not such a table, naming the layer and the number
     */
    public static SensitivityTable read(Path file, List<Integer> columns) {
        String text = LayerYaml.text(file, "sensitivity");
        List<Integer> bits = columns.isEmpty() ? header(text) : columns;
        SortedMap<String, SortedMap<Integer, Double>> layers = new TreeMap<>();
        LayerYaml.parse(file, text, "model.conv_in: [22.2, 35.1, 59.3]")
                .forEach((id, value) -> layers.put(id, Collections.unmodifiableSortedMap(row(file, bits, id, value))));
        return new SensitivityTable(file, bits, Collections.unmodifiableSortedMap(layers));
    }

    private static List<Integer> header(String text) {
        Matcher matcher = HEADER.matcher(text);
        if (!matcher.find()) {
            return MIXDQ_COLUMNS;
        }
        return Arrays.stream(matcher.group(1).split("\\s*,\\s*"))
                .map(Integer::valueOf)
                .toList();
    }

    private static SortedMap<Integer, Double> row(Path file, List<Integer> bits, String id, Object value) {
        if (!(value instanceof List<?> list) || list.size() != bits.size()) {
            String found = value instanceof List<?> other ? other.size() + " values" : "'" + value + "'";
            throw new MixdqException(file + " has " + found + " for the layer " + id + " where " + bits.size()
                    + " were expected, for " + bits + " bits; mend the line or name the bits of its columns");
        }
        SortedMap<Integer, Double> row = new TreeMap<>();
        for (int k = 0; k < bits.size(); k++) {
            if (!(list.get(k) instanceof Number number) || !Double.isFinite(number.doubleValue())) {
                throw new MixdqException(file + " has the sensitivity " + list.get(k) + " for the layer " + id + " at "
                        + bits.get(k) + " bits where a finite number was expected; measure that layer again");
            }
            row.put(bits.get(k), number.doubleValue());
        }
        return row;
    }

    /** The values of a layer. @throws MixdqException if the table lacks it */
    public Map<Integer, Double> values(String id) {
        SortedMap<Integer, Double> row = layers.get(id);
        if (row == null) {
            throw new MixdqException("the layer " + id + " is missing in " + file
                    + "; all tables must be of the same model, so measure it or take the files that belong together");
        }
        return row;
    }
}
