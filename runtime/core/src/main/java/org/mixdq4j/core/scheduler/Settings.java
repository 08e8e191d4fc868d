package org.mixdq4j.core.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import org.mixdq4j.core.error.MixdqException;

/** Typed look-ups in a scheduler configuration; absent and null mean the default. */
record Settings(JsonNode json, String name, String where) {
    double number(String key, double fallback) {
        JsonNode value = json.path(key);
        if (isUnset(value)) {
            return fallback;
        }
        if (!value.isNumber() || Double.isNaN(value.doubleValue())) {
            throw wrong(key, "a number");
        }
        return value.doubleValue();
    }

    double positive(String key, double fallback) {
        double value = number(key, fallback);
        if (!(value > 0) || Double.isInfinite(value)) {
            throw wrong(key, "a positive number");
        }
        return value;
    }

    int integer(String key, int fallback, int least) {
        double value = number(key, fallback);
        if (value != Math.rint(value) || value < least || value > 1_000_000) {
            throw wrong(key, "a whole number of at least " + least);
        }
        return (int) value;
    }

    boolean flag(String key, boolean fallback) {
        JsonNode value = json.path(key);
        if (isUnset(value)) {
            return fallback;
        }
        if (!value.isBoolean()) {
            throw wrong(key, "true or false");
        }
        return value.booleanValue();
    }

    /** A setting that must be one of the words allowed. */
    String word(String key, String fallback, String... allowed) {
        JsonNode value = json.path(key);
        String word = isUnset(value) ? fallback : value.asText();
        if (!Arrays.asList(allowed).contains(word)) {
            throw wrong(key, "one of " + String.join(", ", allowed));
        }
        return word;
    }

    /** A list of numbers, rounded to float32. */
    float[] numbers(String key) {
        float[] numbers = list(key);
        if (numbers.length == 0) {
            throw wrong(key, "a list of numbers");
        }
        return numbers;
    }

    /** The same, but the list may be empty. */
    float[] list(String key) {
        JsonNode values = json.path(key);
        if (!values.isArray()) {
            throw wrong(key, "a list of numbers");
        }
        float[] numbers = new float[values.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!values.get(i).isNumber()) {
                throw wrong(key, "a list of numbers");
            }
            numbers[i] = values.get(i).floatValue();
        }
        return numbers;
    }

    boolean has(String key) {
        return !isUnset(json.path(key));
    }

    /** Fails if any of these settings is switched on: set, and neither false nor zero. */
    void unsupported(String... keys) {
        for (String key : keys) {
            JsonNode value = json.path(key);
            boolean off = isUnset(value)
                    || value.isBoolean() && !value.booleanValue()
                    || value.isNumber() && value.doubleValue() == 0;
            if (!off) {
                throw new MixdqException(where + " sets \"" + key + "\" to " + shown(value)
                        + ", which is not supported for " + name + "; unset it or choose another scheduler.");
            }
        }
    }

    MixdqException wrong(String key, String expected) {
        return new MixdqException(where + " sets \"" + key + "\" to " + shown(json.path(key)) + ", but " + name
                + " expects " + expected + "; correct the file.");
    }

    /** A list is told by its length: trained betas are a thousand numbers. */
    private static String shown(JsonNode value) {
        return value.isContainerNode() && value.size() > 3 ? "a list of " + value.size() : value.toString();
    }

    private static boolean isUnset(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }
}
