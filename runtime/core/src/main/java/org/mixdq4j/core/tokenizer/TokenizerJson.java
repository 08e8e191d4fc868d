package org.mixdq4j.core.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.error.MixdqException;

/**
 * The complete definition of a tokenizer in the form of {@code tokenizer.json}, and the ids that padding and truncation
 * need. CLIP folders as diffusers publishes them have no such file: it is built from vocab.json and merges.txt, because the
 * library reads those two alone as a GPT-2 style tokenizer, without CLIP's lower-casing and word-end marks.
 */
record TokenizerJson(ObjectNode definition, long eosId, long padId, int vocabularySize) {
    private static final String WORD_END = "</w>";

    /** CLIP's words: the special tokens, English contractions, runs of letters, single digits, runs of anything else. */
    private static final String WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

    static TokenizerJson of(TokenizerFiles files, SpecialTokens special) {
        boolean vocabulary = files.has("vocab.json");
        boolean merges = files.has("merges.txt");
        if (vocabulary && merges) {
            return fromVocabulary(files, special);
        }
        if (files.has("tokenizer.json")) {
            return fromFile(files, special);
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

    private static TokenizerJson fromVocabulary(TokenizerFiles files, SpecialTokens special) {
        files.require("tokenizer_config.json");
        ObjectNode vocabulary = files.require("vocab.json");
        int size = 0;
        for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
            JsonNode id = entry.getValue();
            if (!id.canConvertToInt() || !id.isIntegralNumber() || id.intValue() < 0) {
                throw files.broken(
                        "vocab.json",
                        "gives token \"" + entry.getKey() + "\" the id " + id
                                + " where an integer from 0 was expected");
            }
            size = Math.max(size, id.intValue() + 1);
        }
        TreeMap<Integer, ObjectNode> added = new TreeMap<>();
        for (Map.Entry<String, ObjectNode> entry : special.added().entrySet()) {
            int id = entry.getValue().get("id").intValue();
            added.put(id, SpecialTokens.entry(entry.getKey(), id, entry.getValue(), false));
            size = Math.max(size, id + 1);
        }
        // What transformers' CLIPTokenizer assumes when the configuration is silent.
        String bos = special.text("bos_token").orElse("<|startoftext|>");
        String eos = special.text("eos_token").orElse("<|endoftext|>");
        String pad = special.text("pad_token").orElse(eos);
        String unk = special.text("unk_token").orElse(eos);
        int bosId = special(files, vocabulary, special, added, "bos_token", bos);
        int eosId = special(files, vocabulary, special, added, "eos_token", eos);
        // A padding token is matched in the text too: "wow!" ends with the padding id where "!" pads, as in
        // transformers.
        int padId = special(files, vocabulary, special, added, "pad_token", pad);
        special(files, vocabulary, special, added, "unk_token", unk);

        ObjectNode root = TokenizerFiles.JSON.createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        added.values().forEach(root.putArray("added_tokens")::add);
        root.set("normalizer", normalizer());
        root.set("pre_tokenizer", preTokenizer());
        root.set("post_processor", postProcessor(bos, bosId, eos, eosId));
        root.putNull("decoder");
        root.set("model", model(files, vocabulary, unk));
        return new TokenizerJson(root, eosId, padId, size);
    }

    private static int special(
            TokenizerFiles files,
            ObjectNode vocabulary,
            SpecialTokens special,
            Map<Integer, ObjectNode> added,
            String role,
            String text) {
        ObjectNode decoded = special.added().get(text);
        JsonNode id = decoded != null ? decoded.get("id") : vocabulary.get(text);
        if (id == null) {
            throw files.broken("vocab.json", "lacks \"" + text + "\", which the configuration names as " + role);
        }
        added.putIfAbsent(id.intValue(), special.entry(role, text, id.intValue()));
        return id.intValue();
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

    private static ObjectNode model(TokenizerFiles files, ObjectNode vocabulary, String unk) {
        ObjectNode model = typed("BPE");
        model.putNull("dropout");
        model.put("unk_token", unk);
        model.put("continuing_subword_prefix", "");
        model.put("end_of_word_suffix", WORD_END);
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put("ignore_merges", false);
        model.set("vocab", vocabulary);
        ArrayNode merges = model.putArray("merges");
        for (String[] pair : files.merges()) {
            for (String symbol : new String[] {pair[0], pair[1], pair[0] + pair[1]}) {
                if (!vocabulary.has(symbol)) {
                    throw files.broken(
                            "merges.txt",
                            "merges \"" + pair[0] + "\" and \"" + pair[1] + "\" but vocab.json lacks \"" + symbol
                                    + "\": the two files do not belong together");
                }
            }
            merges.addArray().add(pair[0]).add(pair[1]);
        }
        return model;
    }

    private static ObjectNode typed(String type) {
        return TokenizerFiles.JSON.createObjectNode().put("type", type);
    }

    /** A ready tokenizer.json (CLIP, T5, ...): its own padding and truncation are dropped, {@link PromptTokenizer} does both. */
    private static TokenizerJson fromFile(TokenizerFiles files, SpecialTokens special) {
        ObjectNode root = files.require("tokenizer.json");
        JsonNode padding = root.path("padding");
        root.putNull("padding");
        root.putNull("truncation");
        TokenIds ids = TokenIds.of(root);
        String eos =
                special.text("eos_token").orElseGet(() -> ids.contains("<|endoftext|>") ? "<|endoftext|>" : "</s>");
        String pad = special.text("pad_token")
                .orElse(padding.path("pad_token").asText(ids.contains("<pad>") ? "<pad>" : eos));
        for (String token : new String[] {eos, pad}) {
            if (!ids.contains(token)) {
                throw files.broken("tokenizer.json", "lacks the special token \"" + token + "\"");
            }
        }
        return new TokenizerJson(root, ids.id(eos), ids.id(pad), ids.size());
    }
}
