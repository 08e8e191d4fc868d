package org.mixdq4j.core.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.error.UsageException;

/**
 * The ids that added tokens get. The tokenizers library does not take the ids that files give them: a token of the
 * vocabulary keeps its id, any other gets the next free one, in the order in which tokens are added. So does transformers.
 */
final class AddedTokens {
    private final VocabularyIds vocabulary;
    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private final Map<String, AddedToken> tokens = new LinkedHashMap<>();
    private int highest = -1;

    AddedTokens(VocabularyIds vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** Adds a token; an equal text seen before is replaced and keeps its id. Empty texts are passed over. */
    void add(AddedToken token) {
        if (token.text().isEmpty()) {
            return;
        }
        int id = ids.containsKey(token.text())
                ? ids.get(token.text())
                : vocabulary.contains(token.text())
                        ? vocabulary.id(token.text())
                        : Math.max(highest + 1, vocabulary.count());
        ids.put(token.text(), id);
        tokens.put(token.text(), token);
        highest = Math.max(highest, id);
    }

    /**
     * Adds the tokens of learned embeddings.
     *
     * @throws UsageException if the tokenizer has one of them already
     */
    void learn(List<String> texts, String folder) {
        for (String text : texts) {
            if (knows(text)) {
                throw new UsageException("The tokenizer in " + folder + " has the token \"" + text
                        + "\" already; give the embedding another: --embedding FILE:TOKEN.");
            }
            add(AddedToken.plain(text, false));
        }
    }

    boolean contains(String text) {
        return ids.containsKey(text);
    }

    /** Whether it is an added token or one of the vocabulary. */
    boolean knows(String text) {
        return contains(text) || vocabulary.contains(text);
    }

    /** Of a token that is {@linkplain #knows known}. */
    int id(String text) {
        return contains(text) ? ids.get(text) : vocabulary.id(text);
    }

    /** Ids by text, in the order in which they were added. */
    Map<String, Integer> ids() {
        return Collections.unmodifiableMap(ids);
    }

    /** One more than the largest id of the vocabulary and the added tokens. */
    int size() {
        return Math.max(vocabulary.size(), highest + 1);
    }

    /** Into {@code added_tokens} of a tokenizer.json; their order decides the ids. */
    void writeTo(ArrayNode array) {
        tokens.forEach((text, token) -> array.add(token.entry(ids.get(text))));
    }
}
