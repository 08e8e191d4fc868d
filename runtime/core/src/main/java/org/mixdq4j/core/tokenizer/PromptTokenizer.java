package org.mixdq4j.core.tokenizer;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.mixdq4j.core.error.MixdqException;

/**
 * A prompt's token ids as transformers gives them, cut and padded to the length of the text encoder: of a CLIPTokenizer
 * lower-cased byte-pair encoding between a begin token and an end token; of a folder with a {@code tokenizer.json} alone
 * (T5TokenizerFast: pieces of a unigram model, and an end token) what that file says.
 *
 * <p>Vocabulary, special tokens and length all come from the folder. Holds native memory until closed. Not thread-safe.
 */
public final class PromptTokenizer implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;
    private final int maxLength;
    private final long eosId;
    private final long padId;
    private final int vocabularySize;

    /** Added tokens by text: the words that textual inversion learned, and the special ones. */
    private final Map<String, Integer> added;

    /** Of an added token whose embedding has several vectors: the ids it stands for. */
    private final Map<Long, long[]> vectors;

    private PromptTokenizer(HuggingFaceTokenizer tokenizer, int maxLength, TokenizerJson json) {
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        this.eosId = json.eosId();
        this.padId = json.padId();
        this.vocabularySize = json.added().size();
        this.added = json.added().ids();
        this.vectors = vectors(added);
    }

    /** As {@link #load(Path, List)}, with the tokens of the folder alone. */
    public static PromptTokenizer load(Path folder) {
        return load(folder, List.of());
    }

    /**
     * Reads {@code vocab.json}, {@code merges.txt}, {@code tokenizer_config.json} and, where present,
     * {@code special_tokens_map.json} and {@code added_tokens.json}; or {@code tokenizer.json}, as transformers 5 chooses.
     *
     * @param learned texts of further tokens, added behind those of the folder
     * @throws MixdqException if a file is missing or broken, or the native tokenizer library cannot be loaded
     */
    public static PromptTokenizer load(Path folder, List<String> learned) {
        OfflineDjl.enforce();
        TokenizerFiles files = new TokenizerFiles(folder);
        SpecialTokens special = new SpecialTokens(files);
        TokenizerJson json = TokenizerJson.of(files, special, learned);
        PromptTokenizer result = new PromptTokenizer(open(folder, json), special.maxLength(), json);
        long[] empty = result.ids("");
        if (empty.length == 0 || empty[empty.length - 1] != result.eosId) {
            result.close();
            throw new MixdqException("The tokenizer in " + folder + " ends an empty text with ids "
                    + Arrays.toString(empty) + " where its end token " + result.eosId
                    + " was expected; its tokenizer.json lacks a post_processor that adds it.");
        }
        return result;
    }

    /** The longest text of a folder's tokenizer in tokens, which its vocabulary need not be read for. */
    public static int maxLength(Path folder) {
        return new SpecialTokens(new TokenizerFiles(folder)).maxLength();
    }

    private static HuggingFaceTokenizer open(Path folder, TokenizerJson json) {
        Map<String, String> options = Map.of("addSpecialTokens", "true", "truncation", "false", "padding", "false");
        try {
            byte[] bytes = TokenizerFiles.JSON.writeValueAsBytes(json.definition());
            return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), options);
        } catch (EngineException | LinkageError e) {
            throw new MixdqException(
                    "The native tokenizer library could not be loaded (" + rootMessage(e)
                            + "): DJL unpacks it under the home directory, so make ~/.djl.ai writable or set"
                            + " DJL_CACHE_DIR to a writable folder, on Linux, macOS or Windows with a 64-bit CPU.",
                    e);
        } catch (IOException | RuntimeException e) {
            throw new MixdqException(
                    "The tokenizer in " + folder + " was refused by the tokenizer library (" + rootMessage(e)
                            + "); copy its files again from the model's source.",
                    e);
        }
    }

    private static Map<Long, long[]> vectors(Map<String, Integer> added) {
        Map<Long, long[]> result = new HashMap<>();
        added.forEach((text, id) -> {
            List<Long> ids = new ArrayList<>(List.of((long) id));
            for (int i = 1; added.containsKey(text + "_" + i); i++) {
                ids.add((long) added.get(text + "_" + i));
            }
            if (ids.size() > 1) {
                result.put((long) id, ids.stream().mapToLong(Long::longValue).toArray());
            }
        });
        return result;
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    /** Exactly {@link #maxLength()} ids: begin token, the text's tokens (as many as fit), end token, padding. */
    public long[] encode(String text) {
        return encode(text, maxLength);
    }

    /**
     * As {@link #encode(String)} with another length; T5 encoders are run shorter than their longest text.
     *
     * @param length at least 2
     */
    public long[] encode(String text, int length) {
        if (length < 2) {
            throw new IllegalArgumentException("length " + length + " leaves no room for begin and end tokens");
        }
        long[] ids = ids(text);
        long[] result = Arrays.copyOf(ids, length);
        if (ids.length > length) {
            result[length - 1] = eosId;
        } else {
            Arrays.fill(result, ids.length, length, padId);
        }
        return result;
    }

    /**
     * The ids of the whole text between begin and end token, however long. An added token of several vectors (others are
     * called as it, with _1, _2, ... behind) stands for all of them, as in diffusers' {@code maybe_convert_prompt}.
     */
    public long[] ids(String text) {
        return expanded(idsAsTyped(text));
    }

    /** As {@link #ids}, an added token of several vectors being one id. */
    long[] idsAsTyped(String text) {
        return tokenizer.encode(withoutLoneSurrogates(text), true, false).getIds();
    }

    /**
     * The tokens of a piece of text, without begin and end token: an id each, or the ids of an added token of several
     * vectors.
     */
    public List<long[]> words(String text) {
        List<long[]> words = new ArrayList<>();
        for (long id :
                tokenizer.encode(withoutLoneSurrogates(text), false, false).getIds()) {
            words.add(vectors.getOrDefault(id, new long[] {id}));
        }
        return words;
    }

    private long[] expanded(long[] ids) {
        if (LongStream.of(ids).noneMatch(vectors::containsKey)) {
            return ids;
        }
        return LongStream.of(ids)
                .flatMap(id -> LongStream.of(vectors.getOrDefault(id, new long[] {id})))
                .toArray();
    }

    /** The id of an added token. @throws IllegalArgumentException if there is none of this text */
    public long addedId(String text) {
        Integer id = added.get(text);
        if (id == null) {
            throw new IllegalArgumentException("no added token " + text);
        }
        return id;
    }

    /** Whether {@link #encode(String)} drops the end of this text. */
    public boolean truncates(String text) {
        return ids(text).length > maxLength;
    }

    /** The number of ids of an encoded text, {@code model_max_length}. */
    public int maxLength() {
        return maxLength;
    }

    /** The id that opens a text, of a CLIP tokenizer. */
    public long bosId() {
        return ids("")[0];
    }

    /** The id of a comma; -1 if it is not one token. */
    public long commaId() {
        List<long[]> comma = words(",");
        return comma.size() == 1 && comma.get(0).length == 1 ? comma.get(0)[0] : -1;
    }

    /** The id that closes a text. */
    public long eosId() {
        return eosId;
    }

    /** The id that fills up a text; some models pad with the end token, some with another. */
    public long padId() {
        return padId;
    }

    /** One more than the largest id: the rows an embedding table must have at least. */
    public int vocabularySize() {
        return vocabularySize;
    }

    /** Half a surrogate pair has no UTF-8 form, which the native side needs. */
    private static String withoutLoneSurrogates(String text) {
        if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
            return text;
        }
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .forEach(result::appendCodePoint);
        return result.toString();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
