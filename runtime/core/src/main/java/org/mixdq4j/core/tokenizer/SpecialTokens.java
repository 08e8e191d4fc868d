package org.mixdq4j.core.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code tokenizer_config.json} and {@code special_tokens_map.json} say about a tokenizer: the longest text, the
 * special tokens, and how an added token is matched in a text.
 */
final class SpecialTokens {
    /** The context of every CLIP text encoder published so far; taken when the configuration has no usable length. */
    static final int DEFAULT_MAX_LENGTH = 77;

    /** Longer than any text encoder's context; transformers writes 1e30 for "not set". */
    private static final double ABSURD_LENGTH = 1_000_000;

    private final ObjectNode config;
    private final ObjectNode map;

    /** Added tokens by text: the entry of {@code added_tokens_decoder}, with its id put inside. */
    private final Map<String, ObjectNode> added = new LinkedHashMap<>();

    SpecialTokens(TokenizerFiles files) {
        config = files.optional("tokenizer_config.json").orElseGet(TokenizerFiles.JSON::createObjectNode);
        map = files.optional("special_tokens_map.json").orElseGet(TokenizerFiles.JSON::createObjectNode);
        for (Map.Entry<String, JsonNode> entry :
                config.path("added_tokens_decoder").properties()) {
            if (!(entry.getValue() instanceof ObjectNode token)
                    || !token.path("content").isTextual()
                    || !entry.getKey().matches("\\d{1,9}")) {
                throw files.broken(
                        "tokenizer_config.json", "has an entry of added_tokens_decoder that is not id: {content, ...}");
            }
            ObjectNode withId = token.deepCopy();
            withId.put("id", Integer.parseInt(entry.getKey()));
            added.put(token.get("content").asText(), withId);
        }
    }

    int maxLength() {
        double length = config.path("model_max_length").asDouble(0);
        return length >= 3 && length <= ABSURD_LENGTH ? (int) length : DEFAULT_MAX_LENGTH;
    }

    Map<String, ObjectNode> added() {
        return added;
    }

    /** The text of {@code bos_token}, {@code eos_token}, {@code pad_token} or {@code unk_token}, if configured. */
    Optional<String> text(String role) {
        return Optional.ofNullable(node(role))
                .map(node ->
                        node.isTextual() ? node.asText() : node.path("content").asText());
    }

    /** The entry of {@code tokenizer.json}'s {@code added_tokens} for this special token. */
    ObjectNode entry(String role, String text, int id) {
        JsonNode node = node(role);
        JsonNode flags = added.containsKey(text)
                ? added.get(text)
                : node != null && node.isObject() ? node : TokenizerFiles.JSON.createObjectNode();
        return entry(text, id, flags, true);
    }

    static ObjectNode entry(String text, int id, JsonNode flags, boolean specialByDefault) {
        ObjectNode entry = TokenizerFiles.JSON.createObjectNode();
        entry.put("id", id);
        entry.put("content", text);
        for (String flag : new String[] {"single_word", "lstrip", "rstrip", "normalized"}) {
            entry.put(flag, flags.path(flag).asBoolean(false));
        }
        entry.put("special", flags.path("special").asBoolean(specialByDefault));
        return entry;
    }

    /**
     * Folders written before {@code added_tokens_decoder} existed are read by transformers with special_tokens_map.json
     * winning over tokenizer_config.json; later ones the other way round.
     */
    private JsonNode node(String role) {
        JsonNode inConfig = usable(config.get(role));
        JsonNode inMap = usable(map.get(role));
        if (inConfig == null || inMap == null) {
            return inConfig == null ? inMap : inConfig;
        }
        return config.has("added_tokens_decoder") ? inConfig : inMap;
    }

    private static JsonNode usable(JsonNode node) {
        boolean named =
                node != null && (node.isTextual() || node.path("content").isTextual());
        return named ? node : null;
    }
}
