package org.mixdq4j.core.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.error.MixdqException;

/**
 * The complete definition of a tokenizer in the form of {@code tokenizer.json}, and the ids that padding and truncation
 * need. CLIP folders as diffusers publishes them have no such file: it is built from vocab.json and merges.txt, because the
 * library reads those two alone as a GPT-2 style tokenizer, without CLIP's lower-casing and word-end marks.
 */
record TokenizerJson(ObjectNode definition, AddedTokens added, long eosId, long padId) {
    private static final String WORD_END = "</w>";
    private static final String END_OF_TEXT = "<|endoftext|>";

    /** CLIP's words: the special tokens, English contractions, runs of letters, single digits, runs of anything else. */
    private static final String WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

    /** @param learned texts of further tokens, those of learned embeddings */
    static TokenizerJson of(TokenizerFiles files, SpecialTokens special, List<String> learned) {
        boolean vocabulary = files.has("vocab.json");
        boolean merges = files.has("merges.txt");
        boolean whole = files.has("tokenizer.json");
        if (whole && special.tokenizerClass().startsWith("CLIPTokenizer")) {
            // transformers takes words and merges from there, also where the other two are there, and nothing else.
            ObjectNode model = modelOf(files);
            if (model.path("type").asText("BPE").equals("BPE") && model.path("vocab") instanceof ObjectNode words) {
                return clip(files, special, "tokenizer.json", words, pairs(files, model), learned);
            }
        }
        if (vocabulary && merges) {
            files.require("tokenizer_config.json");
            return clip(files, special, "merges.txt", files.require("vocab.json"), files.merges(), learned);
        }
        if (whole) {
            return fromFile(files, special, learned);
        }
        if (!vocabulary && !merges && files.has("spiece.model")) {
            throw new MixdqException("The tokenizer folder " + files.folder() + " holds spiece.model alone, expected a"
                    + " tokenizer.json beside it; write one with transformers: T5TokenizerFast.from_pretrained(folder)"
                    + ".save_pretrained(folder).");
        }
        String missing = vocabulary ? "merges.txt" : merges ? "vocab.json" : "vocab.json and no merges.txt";
        throw new MixdqException("The tokenizer folder " + files.folder() + " has no " + missing
                + ": expected vocab.json, merges.txt and tokenizer_config.json (or tokenizer.json); copy them from the"
                + " model's source.");
    }

    private static ObjectNode modelOf(TokenizerFiles files) {
        return files.require("tokenizer.json").path("model") instanceof ObjectNode model
                ? model
                : TokenizerFiles.JSON.createObjectNode();
    }

    private static List<String[]> pairs(TokenizerFiles files, JsonNode model) {
        List<String[]> pairs = new ArrayList<>();
        for (JsonNode merge : model.path("merges")) {
            String[] pair = merge.isArray()
                    ? new String[] {merge.path(0).asText(), merge.path(1).asText()}
                    : merge.asText().split(" ", -1);
            if (pair.length != 2 || pair[0].isEmpty() || pair[1].isEmpty()) {
                throw files.broken("tokenizer.json", "has a merge that is not two symbols: " + merge);
            }
            pairs.add(pair);
        }
        return pairs;
    }

    private static TokenizerJson clip(
            TokenizerFiles files,
            SpecialTokens special,
            String mergesFile,
            ObjectNode vocabulary,
            List<String[]> merges,
            List<String> learned) {
        String vocabularyFile = mergesFile.equals("merges.txt") ? "vocab.json" : mergesFile;
        for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
            JsonNode id = entry.getValue();
            if (!id.canConvertToInt() || !id.isIntegralNumber() || id.intValue() < 0) {
                throw files.broken(
                        vocabularyFile,
                        "gives token \"" + entry.getKey() + "\" the id " + id
                                + " where an integer from 0 was expected");
            }
        }
        // What transformers' CLIPTokenizer assumes when the configuration is silent.
        String bos = special.text("bos_token").orElse("<|startoftext|>");
        String eos = special.text("eos_token").orElse(END_OF_TEXT);
        String pad = special.text("pad_token").orElse(vocabulary.has(END_OF_TEXT) ? END_OF_TEXT : eos);
        String unk = special.text("unk_token").orElse(eos);
        AddedTokens added = new AddedTokens(VocabularyIds.of(vocabulary));
        List<AddedToken> known =
                special.inOrder(Map.of("bos_token", bos, "eos_token", eos, "pad_token", pad, "unk_token", unk));
        // A padding token is matched in the text too: "wow!" ends with the padding id where "!" pads, as in
        // transformers.
        known.forEach(added::add);
        for (Map.Entry<String, String> mark : new TreeMap<>(Map.of("bos_token", bos, "eos_token", eos)).entrySet()) {
            if (!vocabulary.has(mark.getValue()) && !special.declares(mark.getValue())) {
                throw files.broken(
                        vocabularyFile,
                        "lacks \"" + mark.getValue() + "\", which the configuration names as " + mark.getKey());
            }
        }
        added.learn(learned, files.folder().toString());

        ObjectNode root = TokenizerFiles.JSON.createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        added.writeTo(root.putArray("added_tokens"));
        root.set("normalizer", normalizer());
        root.set("pre_tokenizer", preTokenizer());
        int eosId = added.ids().get(eos);
        root.set("post_processor", postProcessor(bos, added.ids().get(bos), eos, eosId));
        root.putNull("decoder");
        root.set("model", model(files, mergesFile, vocabulary, merges, unk));
        return new TokenizerJson(root, added, eosId, added.ids().get(pad));
    }

    private static ObjectNode normalizer() {
        ObjectNode sequence = typed("Sequence");
        ArrayNode steps = sequence.putArray("normalizers");
        steps.add(typed("NFC"));
        ObjectNode spaces = typed("Replace");
        spaces.putObject("pattern").put("Regex", "\\s+");
        spaces.put("content", " ");
        steps.add(spaces);
        steps.add(typed("Lowercase"));
        return sequence;
    }

    private static ObjectNode preTokenizer() {
        ObjectNode split = typed("Split");
        split.putObject("pattern").put("Regex", WORDS);
        split.put("behavior", "Removed");
        split.put("invert", true);
        ObjectNode bytes = typed("ByteLevel");
        bytes.put("add_prefix_space", false);
        bytes.put("trim_offsets", true);
        bytes.put("use_regex", true);
        ObjectNode sequence = typed("Sequence");
        sequence.putArray("pretokenizers").add(split).add(bytes);
        return sequence;
    }

    private static ObjectNode postProcessor(String bos, int bosId, String eos, int eosId) {
        ObjectNode processor = typed("RobertaProcessing");
        processor.putArray("sep").add(eos).add(eosId);
        processor.putArray("cls").add(bos).add(bosId);
        processor.put("trim_offsets", false);
        processor.put("add_prefix_space", false);
        return processor;
    }

    private static ObjectNode model(
            TokenizerFiles files, String mergesFile, ObjectNode vocabulary, List<String[]> merges, String unk) {
        ObjectNode model = typed("BPE");
        model.putNull("dropout");
        model.put("unk_token", unk);
        model.put("continuing_subword_prefix", "");
        model.put("end_of_word_suffix", WORD_END);
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put("ignore_merges", false);
        model.set("vocab", vocabulary);
        ArrayNode array = model.putArray("merges");
        for (String[] pair : merges) {
            for (String symbol : new String[] {pair[0], pair[1], pair[0] + pair[1]}) {
                if (!vocabulary.has(symbol)) {
                    throw files.broken(
                            mergesFile,
                            "merges \"" + pair[0] + "\" and \"" + pair[1]
                                    + "\" but the vocabulary (vocab.json) lacks \"" + symbol
                                    + "\": the two do not belong together");
                }
            }
            array.addArray().add(pair[0]).add(pair[1]);
        }
        return model;
    }

    private static ObjectNode typed(String type) {
        return TokenizerFiles.JSON.createObjectNode().put("type", type);
    }

    /**
     * A ready tokenizer.json (T5, ...): its own padding and truncation are dropped, {@link PromptTokenizer} does both; tokens
     * that only the files beside it know are added.
     */
    private static TokenizerJson fromFile(TokenizerFiles files, SpecialTokens special, List<String> learned) {
        ObjectNode root = files.require("tokenizer.json");
        JsonNode padding = root.path("padding");
        root.putNull("padding");
        root.putNull("truncation");
        AddedTokens added = new AddedTokens(VocabularyIds.of(root.path("model").path("vocab")));
        root.path("added_tokens").forEach(token -> added.add(AddedToken.of(token, false)));
        special.inOrder(Map.of()).stream()
                .filter(token -> !added.contains(token.text()))
                .forEach(added::add);
        String eos = special.text("eos_token").orElseGet(() -> added.knows(END_OF_TEXT) ? END_OF_TEXT : "</s>");
        String pad = special.text("pad_token")
                .orElse(padding.path("pad_token").asText(added.knows("<pad>") ? "<pad>" : eos));
        for (String token : new String[] {eos, pad}) {
            if (!added.knows(token)) {
                throw files.broken("tokenizer.json", "lacks the special token \"" + token + "\"");
            }
        }
        added.learn(learned, files.folder().toString());
        added.writeTo(root.putArray("added_tokens"));
        return new TokenizerJson(root, added, added.id(eos), added.id(pad));
    }
}
