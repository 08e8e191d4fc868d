package org.mixdq4j.core.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A token that is looked for in a prompt before the rest is split into byte pairs, as transformers' {@code AddedToken}.
 *
 * @param singleWord only where no letter or digit touches it
 * @param lstrip takes the white space before it along
 * @param rstrip takes the white space behind it along
 * @param normalized looked for in the lower-cased text, itself lower-cased; otherwise in the text as it was typed
 * @param special one of the tokenizer's own marks
 */
record AddedToken(
        String text, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {

    /** A word that is matched as it is typed, or in lower case where it is no mark. */
    static AddedToken plain(String text, boolean special) {
        return new AddedToken(text, false, false, false, !special, special);
    }

    /** @param flags an object with the fields of a {@code tokenizer.json}; absent ones are as transformers has them */
    static AddedToken of(JsonNode flags, boolean specialByDefault) {
        boolean special = flags.path("special").asBoolean(specialByDefault);
        return new AddedToken(
                flags.path("content").asText(),
                flags.path("single_word").asBoolean(false),
                flags.path("lstrip").asBoolean(false),
                flags.path("rstrip").asBoolean(false),
                flags.path("normalized").asBoolean(!special),
                special);
    }

    /** The entry of {@code tokenizer.json}'s {@code added_tokens}. */
    ObjectNode entry(int id) {
        return TokenizerFiles.JSON
                .createObjectNode()
                .put("id", id)
                .put("content", text)
                .put("single_word", singleWord)
                .put("lstrip", lstrip)
                .put("rstrip", rstrip)
                .put("normalized", normalized)
                .put("special", special);
    }
}
