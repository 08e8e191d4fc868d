package org.mixdq4j.ptq.scheme;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.UsageException;

/** The fields of one YAML mapping, each to be read once; what is left over in the end is a mistake. */
final class YamlFields {
    private final String where;
    private final Map<?, ?> map;
    private final Set<String> known = new LinkedHashSet<>();

    YamlFields(String where, Object node) {
        this.where = where;
        if (!(node instanceof Map<?, ?> mapping)) {
            throw new UsageException(
                    where + " is not a mapping of fields; see configs/schemes/w8a8.yaml for the form.");
        }
        this.map = mapping;
    }

    YamlFields section(String name) {
        Object value = get(name);
        return new YamlFields(where + ", section " + name, value == null ? Map.of() : value);
    }

    String string(String name, String fallback) {
        Object value = get(name);
        return value == null ? fallback : value.toString();
    }

    int integer(String name, int fallback, int low, int high) {
        Object value = get(name);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof Integer number) || number < low || number > high) {
            throw wrong(name, value, "a whole number from " + low + " to " + high);
        }
        return number;
    }

    double number(String name, double fallback, double low, double high) {
        Object value = get(name);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof Number number) || !(number.doubleValue() >= low && number.doubleValue() <= high)) {
            throw wrong(name, value, "a number from " + low + " to " + high);
        }
        return number.doubleValue();
    }

    boolean bool(String name, boolean fallback) {
        Object value = get(name);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof Boolean flag)) {
            throw wrong(name, value, "true or false");
        }
        return flag;
    }

    List<String> strings(String name) {
        Object value = get(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list)) {
            throw wrong(name, value, "a list");
        }
        List<String> out = new ArrayList<>();
        list.forEach(item -> out.add(String.valueOf(item)));
        return out;
    }

    /** One of an enum's values, by its {@linkplain Scheme#word word}. */
    <E extends Enum<E>> E choice(String name, E fallback) {
        String word = string(name, Scheme.word(fallback));
        List<E> all = List.of(fallback.getDeclaringClass().getEnumConstants());
        return all.stream()
                .filter(choice -> Scheme.word(choice).equals(word))
                .findFirst()
                .orElseThrow(
                        () -> wrong(name, word, all.stream().map(Scheme::word).collect(Collectors.joining(" or "))));
    }

    UsageException wrong(String name, Object value, String expected) {
        return new UsageException(where + ": " + name + " is '" + value + "', expected " + expected + ".");
    }

    /** @throws UsageException if a field was never asked for, naming the nearest that exists */
    void requireNoOthers() {
        for (Object key : map.keySet()) {
            if (!known.contains(String.valueOf(key))) {
                String nearest = known.stream()
                        .min(Comparator.comparingInt(k -> distance(k, String.valueOf(key))))
                        .orElse("");
                throw new UsageException(where + ": there is no field '" + key + "'; did you mean '" + nearest + "'?");
            }
        }
    }

    private Object get(String name) {
        known.add(name);
        return map.get(name);
    }

    /** Levenshtein distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(change, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
