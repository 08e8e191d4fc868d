package org.mixdq4j.core.network.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;

/**
 * The fields of one network's {@code config.json}. Every method throws {@link MixdqException} with a sentence naming
 * network, field and value. A field that is {@code null} counts as absent. Remembers what was read, so that
 * {@link #refuseUnread} can find settings that would change the network unnoticed.
 */
public final class ConfigReader {
    private final JsonNode config;
    private final String network;
    private final Set<String> read = new HashSet<>();

    /** @param network what the file describes, for messages, such as {@code UNet2DConditionModel} */
    public ConfigReader(JsonNode config, String network) {
        this.config = config;
        this.network = network;
        if (!config.isObject()) {
            throw new MixdqException("The config.json of " + network + " holds " + shown(config)
                    + " where an object of settings is expected; take the file from the model's folder.");
        }
    }

    public String network() {
        return network;
    }

    /** Whether the field is there, even as {@code null}. */
    public boolean mentions(String field) {
        read.add(field);
        return config.has(field);
    }

    /** Whether the field is there and not {@code null}. */
    public boolean has(String field) {
        read.add(field);
        return config.hasNonNull(field);
    }

    /** A required integer of at least 1. */
    public int count(String field) {
        return asCount(field, required(field));
    }

    public int count(String field, int absent) {
        return has(field) ? count(field) : absent;
    }

    public Optional<Integer> optionalCount(String field) {
        return has(field) ? Optional.of(count(field)) : Optional.empty();
    }

    /** An integer of at least 0. */
    public int integer(String field, int absent) {
        if (!has(field)) {
            return absent;
        }
        JsonNode value = config.get(field);
        expect(
                value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 0,
                field,
                value,
                "an integer");
        return value.intValue();
    }

    public double number(String field, double absent) {
        if (!has(field)) {
            return absent;
        }
        JsonNode value = config.get(field);
        expect(value.isNumber(), field, value, "a number");
        return value.doubleValue();
    }

    public boolean flag(String field, boolean absent) {
        if (!has(field)) {
            return absent;
        }
        JsonNode value = config.get(field);
        expect(value.isBoolean(), field, value, "true or false");
        return value.booleanValue();
    }

    public String text(String field, String absent) {
        if (!has(field)) {
            return absent;
        }
        JsonNode value = config.get(field);
        expect(value.isTextual(), field, value, "a string");
        return value.textValue();
    }

    /** A required list of integers of at least 1. */
    public List<Integer> counts(String field) {
        return list(field, value -> asCount(field, value));
    }

    /** A required list of strings. */
    public List<String> texts(String field) {
        return list(field, value -> {
            expect(value.isTextual(), field, value, "a string");
            return value.textValue();
        });
    }

    /** A list of different integers from 0 to {@code count - 1}, maybe none; absent: none. */
    public Set<Integer> indices(String field, int count) {
        Set<Integer> indices = new TreeSet<>();
        if (has(field)) {
            JsonNode value = config.get(field);
            expect(value.isArray(), field, value, "a list");
            for (JsonNode each : value) {
                boolean index = each.isIntegralNumber() && each.canConvertToInt() && each.intValue() >= 0;
                expect(index && each.intValue() < count, field, each, "integers from 0 to " + (count - 1));
                indices.add(each.intValue());
            }
        }
        return indices;
    }

    /** One integer for all blocks, or a list with one for each. */
    public List<Integer> countsPerBlock(String field, int blocks, int absent) {
        return perBlock(field, blocks, absent, value -> asCount(field, value));
    }

    /**
     * Like {@link #countsPerBlock}, but what stands for a block may itself be a list: one integer, 0 allowed, for each
     * of its layers.
     *
     * @return per block a list with one entry (for all layers) or several
     */
    public List<List<Integer>> nestedPerBlock(String field, int blocks, int absent) {
        return perBlock(field, blocks, List.of(absent), value -> {
            List<Integer> layers = new ArrayList<>();
            for (JsonNode layer : value.isArray() ? value : List.of(value)) {
                expect(
                        layer.canConvertToInt() && layer.isIntegralNumber() && layer.intValue() >= 0,
                        field,
                        layer,
                        "an integer");
                layers.add(layer.intValue());
            }
            expect(!layers.isEmpty(), field, value, "an integer or a list of integers for each block");
            return layers;
        });
    }

    /** The object in a field, with the same messages. Absent: an empty one. */
    public ConfigReader child(String field) {
        JsonNode value = has(field) ? config.get(field) : JsonNodeFactory.instance.objectNode();
        return new ConfigReader(value, network + " ('" + field + "')");
    }

    /** Requires that the field is absent, {@code null} or one of {@code supported} (or a list of such). */
    public void only(String field, Object... supported) {
        if (!has(field)) {
            return;
        }
        JsonNode value = config.get(field);
        for (JsonNode each : value.isArray() ? value : List.of(value)) {
            if (Stream.of(supported).noneMatch(accepted -> same(each, accepted))) {
                String expected = supported.length == 0
                        ? "null"
                        : Stream.of(supported).map(ConfigReader::quoted).collect(Collectors.joining(" or "));
                throw new MixdqException("The config.json of " + network + " sets '" + field + "' to " + shown(value)
                        + ", but only " + expected + " is supported; choose a model without this setting.");
            }
        }
    }

    /**
     * Refuses settings of the network's class that nothing has read, unless they are off ({@code null}, false, 0, empty,
     * "default"), begin with an underscore, or are named here as not changing what the network computes. Fields that the
     * class does not have ({@link ConfigFields#foreign}) are passed over.
     */
    public void refuseUnread(Set<String> harmless) {
        refuseQuantized();
        Optional<Set<String>> known = ConfigFields.of(network);
        config.fields().forEachRemaining(entry -> {
            String field = entry.getKey();
            if (!read.contains(field)
                    && !harmless.contains(field)
                    && !field.startsWith("_")
                    && !isOff(entry.getValue())
                    && known.map(fields -> fields.contains(field)).orElse(true)) {
                throw new MixdqException("The config.json of " + network + " sets '" + field + "' to "
                        + shown(entry.getValue()) + ", a setting that changes the network and is not supported;"
                        + " choose a model without it.");
            }
        });
    }

    /** Not a field of any class, but what both libraries write about weights that are no numbers by themselves. */
    private void refuseQuantized() {
        JsonNode quantization = config.path("quantization_config");
        if (quantization.isObject() && !quantization.isEmpty()) {
            throw new MixdqException(
                    "The weights of " + network + " were quantized by another tool (quantization_config: "
                            + shown(quantization.path("quant_method"))
                            + "); mixdq starts from the float model: get its weights.");
        }
    }

    /** Runs a builder and turns a contradiction between fields, or with the requested size, into a sentence. */
    public <T> T consistent(Supplier<T> build) {
        try {
            return build.get();
        } catch (IllegalArgumentException e) {
            throw new MixdqException(
                    "The config.json of " + network + " describes no network that can be built (" + e.getMessage()
                            + "); take the file from the folder of the weights and a larger picture if it was small.",
                    e);
        }
    }

    /** For a contradiction a builder finds itself: what is wrong with a field, after "has ". */
    public MixdqException wrong(String field, String found, String expected) {
        return new MixdqException("The config.json of " + network + " has " + found + " in '" + field + "', expected "
                + expected + "; take the file from the folder of the weights.");
    }

    private JsonNode required(String field) {
        if (!has(field)) {
            throw new MixdqException("The config.json of " + network + " has no '" + field
                    + "'; take the complete file from the model's folder.");
        }
        return config.get(field);
    }

    private <T> List<T> list(String field, Function<JsonNode, T> read) {
        JsonNode value = required(field);
        expect(value.isArray() && !value.isEmpty(), field, value, "a list");
        List<T> out = new ArrayList<>();
        value.forEach(each -> out.add(read.apply(each)));
        return List.copyOf(out);
    }

    private <T> List<T> perBlock(String field, int blocks, T absent, Function<JsonNode, T> read) {
        if (!has(field)) {
            return Collections.nCopies(blocks, absent);
        }
        JsonNode value = config.get(field);
        if (!value.isArray()) {
            return Collections.nCopies(blocks, read.apply(value));
        }
        expect(value.size() == blocks, field, value, "one number or a list of " + blocks + ", one for each block");
        return list(field, read);
    }

    private int asCount(String field, JsonNode value) {
        expect(
                value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 1,
                field,
                value,
                "an integer of at least 1");
        return value.intValue();
    }

    private void expect(boolean holds, String field, JsonNode found, String expected) {
        if (!holds) {
            throw wrong(field, shown(found), expected);
        }
    }

    private static boolean same(JsonNode value, Object accepted) {
        if (accepted instanceof Number number) {
            return value.isNumber() && value.doubleValue() == number.doubleValue();
        }
        if (accepted instanceof Boolean flag) {
            return value.isBoolean() && value.booleanValue() == flag;
        }
        return value.isTextual() && value.textValue().equals(accepted);
    }

    private static boolean isOff(JsonNode value) {
        return value.isNull()
                || value.isBoolean() && !value.booleanValue()
                || value.isNumber() && value.doubleValue() == 0
                || value.isTextual() && Set.of("", "default").contains(value.textValue())
                || value.isContainerNode() && value.isEmpty();
    }

    private static String quoted(Object value) {
        return value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
    }

    private static String shown(JsonNode value) {
        String text = value.toString();
        return text.length() <= 80 ? text : text.substring(0, 77) + "...";
    }
}
