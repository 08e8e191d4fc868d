package org.mixdq4j.core.artifact.sensitivity;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.MixdqException;

/**
 * How good the network's result is with one layer alone quantized to some bits; larger is better, infinite where the
 * result is exact. The YAML is MixDQ's: {@code model.<path>: [value, value, ...]}, one value per column of bits. The bits
 * of the columns are those given by the caller, else those of a comment {@code # bits: 2, 3, 4, 6, 8} in the file, else
 * MixDQ's 2, 4, 8.
 *
 * @param file where it was read
 * @param columns bits of the columns
 * @param layers layer id to its values by bits
 */
public record SensitivityTable(Path file, List<Integer> columns, SortedMap<String, SortedMap<Integer, Double>> layers) {
    /** Columns of the published tables. */
    public static final List<Integer> MIXDQ_COLUMNS = List.of(2, 4, 8);

    private static final String COLUMNS = "bits";

    /**
     * @param columns bits of the columns; empty to take what the file says
     * @throws MixdqException if the file is not such a table, naming the layer and the number
     */
    public static SensitivityTable read(Path file, List<Integer> columns) {
        LayerYaml yaml = LayerYaml.read(file, "sensitivity", "model.conv_in: [22.2, 35.1, 59.3]");
        List<Integer> bits = columns.isEmpty()
                ? yaml.comment(COLUMNS).map(text -> columns(file, text)).orElse(MIXDQ_COLUMNS)
                : columns;
        requireDistinct(file, bits);
        SortedMap<String, SortedMap<Integer, Double>> layers = new TreeMap<>();
        yaml.layers()
                .forEach((id, value) -> layers.put(id, Collections.unmodifiableSortedMap(row(file, bits, id, value))));
        return new SensitivityTable(file, bits, Collections.unmodifiableSortedMap(layers));
    }

    /**
     * Writes such a table so that reading it gives the same doubles.
     *
     * @param comments what else the file should say, a line each
     * @param layers layer id to its values by bits, the same bits for each
     * @throws MixdqException naming a layer whose value is NaN
     */
    public static void write(Path file, List<String> comments, Map<String, ? extends Map<Integer, Double>> layers) {
        List<Integer> bits = layers.values().stream()
                .findFirst()
                .map(row -> row.keySet().stream().sorted().toList())
                .orElseThrow(() -> new IllegalArgumentException("a table of no layers"));
        Map<String, String> lines = new TreeMap<>();
        layers.forEach((id, row) -> {
            if (row.size() != bits.size() || !row.keySet().containsAll(bits)) {
                throw new IllegalArgumentException(id + " has values at " + row.keySet() + " bits, others at " + bits);
            }
            lines.put(
                    id,
                    bits.stream()
                            .map(b -> LayerYaml.number(measured(file, id, b, row.get(b))))
                            .collect(Collectors.joining(", ", "[", "]")));
        });
        List<String> head = new ArrayList<>(comments);
        head.add(COLUMNS + ": " + bits.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        LayerYaml.write(file, head, lines);
    }

    private static List<Integer> columns(Path file, String text) {
        String numbers = text.replaceAll("^\\[|\\]$", "").trim();
        if (!numbers.matches("\\d{1,2}(\\s*,\\s*\\d{1,2})*")) {
            throw new MixdqException(file + " says '# " + COLUMNS + ": " + text
                    + "' where the bits of its columns were expected, like '# bits: 2, 4, 8'; correct the comment");
        }
        return Arrays.stream(numbers.split("\\s*,\\s*")).map(Integer::valueOf).toList();
    }

    private static void requireDistinct(Path file, List<Integer> bits) {
        if (new HashSet<>(bits).size() < bits.size()) {
            throw new MixdqException("the columns of " + file + " are for " + bits
                    + " bits, some of them twice; name each column's own bits");
        }
    }

    private static SortedMap<Integer, Double> row(Path file, List<Integer> bits, String id, Object value) {
        if (!(value instanceof List<?> list) || list.size() != bits.size()) {
            String found = value instanceof List<?> other
                    ? other.size() + (other.size() == 1 ? " value" : " values")
                    : "'" + value + "'";
            throw new MixdqException(file + " has " + found + " for the layer " + id + " where " + bits.size()
                    + " were expected, for " + bits + " bits; mend the line or name the bits of its columns");
        }
        SortedMap<Integer, Double> row = new TreeMap<>();
        for (int k = 0; k < bits.size(); k++) {
            row.put(bits.get(k), measured(file, id, bits.get(k), list.get(k)));
        }
        return row;
    }

    private static double measured(Path file, String id, int bits, Object value) {
        if (!(value instanceof Number number) || Double.isNaN(number.doubleValue())) {
            throw new MixdqException(file + " has the sensitivity " + value + " for the layer " + id + " at " + bits
                    + " bits where a number was expected; measure that layer again");
        }
        return number.doubleValue();
    }
}
