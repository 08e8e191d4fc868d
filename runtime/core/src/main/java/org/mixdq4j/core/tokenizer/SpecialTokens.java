package org.mixdq4j.core.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the files beside a vocabulary say about a tokenizer: the longest text, the special tokens, and the tokens added
 * after training (textual inversion). Read as transformers 5 does: {@code tokenizer_config.json} alone where it has
 * {@code added_tokens_decoder}, as folders written since 2023 have; otherwise {@code special_tokens_map.json} wins over it,
 * and {@code added_tokens.json} and the {@code added_tokens} of a {@code tokenizer.json} are read too.
 */
final class SpecialTokens {
    /** The context of every CLIP text encoder published so far; taken when the configuration has no usable length. */
    static final int DEFAULT_MAX_LENGTH = 77;

    /** Longer than any text encoder's context; transformers writes 1e30 for "not set". */
    private static final double ABSURD_LENGTH = 1_000_000;

    private static final String DECODER = "added_tokens_decoder";

    /** transformers' order, which is that in which tokens are added. */
    private static final List<String> ROLES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private static final List<String> FURTHER = List.of("extra_special_tokens", "additional_special_tokens");

    private final TokenizerFiles files;
    private final ObjectNode config;
    private final Map<String, JsonNode> named = new LinkedHashMap<>();
    private final Set<JsonNode> further = new LinkedHashSet<>();
    private final TreeMap<Integer, AddedToken> declared = new TreeMap<>();

    SpecialTokens(TokenizerFiles files) {
        this.files = files;
        config = files.optional("tokenizer_config.json").orElseGet(TokenizerFiles.JSON::createObjectNode);
        JsonNode map = config.has(DECODER)
                ? TokenizerFiles.JSON.createObjectNode()
                : files.optional("special_tokens_map.json").orElseGet(TokenizerFiles.JSON::createObjectNode);
        readNamed(map);
        if (config.has(DECODER)) {
            readDecoder();
        } else {
            readAddedTokens();
            readTokenizerJson();
        }
    }

    private void readNamed(JsonNode map) {
        Set<String> keys = new LinkedHashSet<>(ROLES);
        for (JsonNode source : List.of(config, map)) {
            source.fieldNames().forEachRemaining(key -> {
                if (key.endsWith("_token")) {
                    keys.add(key);
                }
            });
        }
        for (String key : keys) {
            JsonNode value = usable(map.get(key)) ? map.get(key) : config.get(key);
            if (usable(value)) {
                named.put(key, value);
            }
        }
        // A list in the config hides the map's list of the older name.
        boolean listed = FURTHER.stream().anyMatch(config::has) || map.has(FURTHER.get(0));
        FURTHER.forEach(key -> config.path(key).forEach(this::addFurther));
        map.path(FURTHER.get(0)).forEach(this::addFurther);
        if (!listed) {
            map.path(FURTHER.get(1)).forEach(this::addFurther);
        }
    }

    private void addFurther(JsonNode token) {
        if (usable(token)) {
            further.add(token);
        }
    }

    private static boolean usable(JsonNode node) {
        return node != null && (node.isTextual() || node.path("content").isTextual());
    }

    private void readDecoder() {
        for (Map.Entry<String, JsonNode> entry : config.path(DECODER).properties()) {
            if (!entry.getValue().path("content").isTextual() || !entry.getKey().matches("\\d{1,9}")) {
                throw files.broken(
                        "tokenizer_config.json", "has an entry of " + DECODER + " that is not id: {content, ...}");
            }
            declared.put(Integer.parseInt(entry.getKey()), AddedToken.of(entry.getValue(), false));
        }
    }

    private void readAddedTokens() {
        Set<String> marks = new LinkedHashSet<>();
        named.forEach((role, node) -> {
            if (ROLES.contains(role)) {
                marks.add(text(node));
            }
        });
        FURTHER.forEach(key -> config.path(key).forEach(node -> marks.add(text(node))));
        for (Map.Entry<String, JsonNode> entry :
                files.optional("added_tokens.json").map(JsonNode::properties).orElse(Set.of())) {
            JsonNode id = entry.getValue();
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
                throw files.broken(
                        "added_tokens.json",
                        "gives token \"" + entry.getKey() + "\" the id " + id
                                + " where an integer from 0 was expected");
            }
            declared.put(id.intValue(), AddedToken.plain(entry.getKey(), marks.contains(entry.getKey())));
        }
    }

    private void readTokenizerJson() {
        for (JsonNode token : files.optional("tokenizer.json")
                .map(root -> root.path("added_tokens"))
                .orElseGet(TokenizerFiles.JSON::createArrayNode)) {
            if (!token.path("content").isTextual() || !token.path("id").isInt()) {
                throw files.broken("tokenizer.json", "has an entry of added_tokens without content or id");
            }
            declared.put(token.get("id").intValue(), AddedToken.of(token, false));
        }
    }

    /** Whether the files give this added token an id. */
    boolean declares(String text) {
        return declared.values().stream().anyMatch(token -> token.text().equals(text));
    }

    /** The class of the tokenizer, or nothing. */
    String tokenizerClass() {
        return config.path("tokenizer_class").asText();
    }

    int maxLength() {
        double length = config.path("model_max_length").asDouble(0);
        return length >= 3 && length <= ABSURD_LENGTH ? (int) length : DEFAULT_MAX_LENGTH;
    }

    /** The text of {@code bos_token}, {@code eos_token}, {@code pad_token} or {@code unk_token}, if configured. */
    Optional<String> text(String role) {
        return Optional.ofNullable(named.get(role)).map(SpecialTokens::text);
    }

    private static String text(JsonNode node) {
        return node.isTextual() ? node.asText() : node.path("content").asText();
    }

    /**
     * All added tokens in the order in which transformers adds them: those with an id by it, then the special tokens by
     * role, then further ones.
     *
     * @param defaults texts of roles that the files may leave open
     */
    List<AddedToken> inOrder(Map<String, String> defaults) {
        List<AddedToken> tokens = new ArrayList<>(declared.values());
        List<String> roles = new ArrayList<>(ROLES);
        named.keySet().stream().filter(role -> !ROLES.contains(role)).forEach(roles::add);
        // Of two roles with one text and different flags the later counts, as there.
        Set<Object> seen = new HashSet<>();
        for (String role : roles) {
            JsonNode node = named.get(role);
            if (node != null && !declares(text(node)) && seen.add(node.isTextual() ? text(node) : mark(node))) {
                tokens.add(mark(node));
            } else if (node == null
                    && defaults.containsKey(role)
                    && !declares(defaults.get(role))
                    && seen.add(defaults.get(role))) {
                tokens.add(AddedToken.plain(defaults.get(role), true));
            }
        }
        for (JsonNode node : further) {
            if (!declares(text(node)) && seen.add(node.isTextual() ? text(node) : mark(node))) {
                tokens.add(mark(node));
            }
        }
        return List.copyOf(tokens);
    }

    private static AddedToken mark(JsonNode node) {
        return node.isTextual() ? AddedToken.plain(node.asText(), true) : AddedToken.of(node, true);
    }
}
