package org.mixdq4j.core.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/** Token texts and ids of a {@code tokenizer.json}, whichever model it holds. */
final class TokenIds {
    private final Map<String, Integer> ids = new HashMap<>();
    private int size;

    private TokenIds() {}

    static TokenIds of(JsonNode tokenizerJson) {
        TokenIds result = new TokenIds();
        JsonNode vocabulary = tokenizerJson.path("model").path("vocab");
        if (vocabulary.isArray()) {
            // Unigram: [text, log probability] in order of id.
            for (int i = 0; i < vocabulary.size(); i++) {
                result.put(vocabulary.get(i).path(0).asText(), i);
            }
        } else {
            vocabulary
                    .properties()
                    .forEach(e -> result.put(e.getKey(), e.getValue().asInt()));
        }
        for (JsonNode added : tokenizerJson.path("added_tokens")) {
            result.put(added.path("content").asText(), added.path("id").asInt());
        }
        return result;
    }

    private void put(String text, int id) {
        ids.put(text, id);
        size = Math.max(size, id + 1);
    }

    boolean contains(String text) {
        return ids.containsKey(text);
    }

    int id(String text) {
        return ids.get(text);
    }

    int size() {
        return size;
    }
}
