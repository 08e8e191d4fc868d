package org.mixdq4j.core.network.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.io.Json;

/**
 * Which fields the class of diffusers or transformers behind a {@code config.json} has (fields.json, read in their
 * sources). What training tools and others write besides is not handed to the network there, so it cannot change it.
 */
public final class ConfigFields {
    private static final JsonNode FIELDS = read();
    private static final Set<String> WRITTEN_FOR_ANY = texts(FIELDS.path("written_for_any"));
    private static final Map<String, Set<String>> BY_NETWORK = byNetwork();

    private ConfigFields() {}

    /**
     * The fields of a configuration that its class never had, in the file's order.
     *
     * @param config content of config.json
     * @param network the class it describes; of one that is not known nothing is foreign
     */
    public static List<String> foreign(JsonNode config, String network) {
        List<String> foreign = new ArrayList<>();
        of(network).ifPresent(known -> config.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field) && !WRITTEN_FOR_ANY.contains(field) && !field.startsWith("_")) {
                foreign.add(field);
            }
        }));
        return foreign;
    }

    /** The fields that change what a network computes, and others of its class; empty if the class is not known. */
    static Optional<Set<String>> of(String network) {
        return Optional.ofNullable(BY_NETWORK.get(network));
    }

    private static Map<String, Set<String>> byNetwork() {
        Map<String, Set<String>> fields = new HashMap<>();
        FIELDS.path("networks")
                .fields()
                .forEachRemaining(entry -> fields.put(
                        entry.getKey(),
                        texts(FIELDS.path("classes").path(entry.getValue().asText()))));
        return fields;
    }

    private static Set<String> texts(JsonNode list) {
        Set<String> texts = new HashSet<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    private static JsonNode read() {
        try (InputStream in = ConfigFields.class.getResourceAsStream("fields.json")) {
            return Json.mapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
