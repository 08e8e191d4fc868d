package org.mixdq4j.core.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/** Token texts and ids of the {@code model} of a {@code tokenizer.json}, whichever kind it is. */
final class VocabularyIds {
    private final Map<String, Integer> ids = new HashMap<>();
    private int size;

    private VocabularyIds() {}

    /** @param vocabulary an object of text to id, or (unigram) an array of [text, log probability] in order of id */
    static VocabularyIds of(JsonNode vocabulary) {
        VocabularyIds result = new VocabularyIds();
        if (vocabulary.isArray()) {
            for (int i = 0; i < vocabulary.size(); i++) {
                result.put(vocabulary.get(i).path(0).asText(), i);
            }
        } else {
            vocabulary
                    .properties()
                    .forEach(e -> result.put(e.getKey(), e.getValue().asInt()));
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

    /** How many tokens there are. */
    int count() {
        return ids.size();
    }

    /** One more than the largest id. */
    int size() {
        return size;
    }
}
