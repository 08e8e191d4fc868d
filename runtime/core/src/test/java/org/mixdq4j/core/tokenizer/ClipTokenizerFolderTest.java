package org.mixdq4j.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.MixdqException;

/** What is read from a folder, on the two tokenizers of the tiny SDXL-Turbo; ids checked against transformers 5. */
class ClipTokenizerFolderTest {
    private static final Path TINY = Path.of(System.getProperty("mixdq.root"), "util_files/models/tiny-sdxl-turbo");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private void copy(String name) throws Exception {
        for (String file :
                new String[] {"vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"}) {
            Files.copy(TINY.resolve(name).resolve(file), folder.resolve(file));
        }
    }

    private void edit(String file, Consumer<ObjectNode> change) throws Exception {
        Path path = folder.resolve(file);
        ObjectNode root = (ObjectNode) JSON.readTree(path.toFile());
        change.accept(root);
        JSON.writeValue(path.toFile(), root);
    }

    private static String failure(Path folder) {
        try (PromptTokenizer loaded = PromptTokenizer.load(folder)) {
            throw new AssertionError("loaded " + loaded);
        } catch (MixdqException e) {
            return e.getMessage();
        }
    }

    @ParameterizedTest
    @CsvSource({"tokenizer, 991", "tokenizer_2, 0"})
    void padsWithTheConfiguredToken(String name, long padId) {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(TINY.resolve(name))) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(992);
            assertThat(tokenizer.eosId()).isEqualTo(991);
            assertThat(tokenizer.padId()).isEqualTo(padId);
            long[] padding = LongStream.generate(() -> padId).limit(75).toArray();
            assertThat(tokenizer.encode(""))
                    .startsWith(990, 991)
                    .endsWith(padding)
                    .hasSize(77);
            assertThat(tokenizer.ids("")).containsExactly(990, 991);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenizer", "tokenizer_2"})
    void keepsTheFirst75TokensOfALongText(String name) {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(TINY.resolve(name))) {
            String text = "a red circle ".repeat(60);
            long[] ids = tokenizer.ids(text);
            assertThat(ids).hasSize(182).startsWith(990, 320, 600, 619, 320).endsWith(619, 991);
            long[] encoded = tokenizer.encode(text);
            assertThat(encoded).hasSize(77).startsWith(Arrays.copyOf(ids, 76));
            assertThat(encoded[76]).isEqualTo(991);
            assertThat(tokenizer.truncates(text)).isTrue();
            assertThat(tokenizer.truncates("a red circle ".repeat(25))).isFalse();
            assertThat(tokenizer.truncates("a red circle ".repeat(25) + "a")).isTrue();
            assertThat(tokenizer.encode(text, 5)).containsExactly(990, 320, 600, 619, 991);
        }
    }

    @Test
    void matchesAPaddingTokenInsideTheText() {
        try (PromptTokenizer first = PromptTokenizer.load(TINY.resolve("tokenizer"));
                PromptTokenizer second = PromptTokenizer.load(TINY.resolve("tokenizer_2"))) {
            assertThat(first.ids("! !! !!! wow!")).containsExactly(990, 256, 0, 256, 0, 0, 256, 86, 567, 256, 991);
            assertThat(second.ids("! !! !!! wow!")).containsExactly(990, 0, 0, 0, 0, 0, 0, 86, 567, 0, 991);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud83d\ude00 \u9646 e\u0301 cafe\u0301", "\u0000", "\udc00", "\u200d", "<|endoftext|>"})
    void encodesAnyText(String text) {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(TINY.resolve("tokenizer"))) {
            assertThat(tokenizer.encode(text)).hasSize(77).startsWith(990);
            assertThat(tokenizer.ids(text)).endsWith(991);
            assertThat(LongStream.of(tokenizer.ids(text))).allMatch(id -> id >= 0 && id < 992);
        }
    }

    @Test
    void combiningCharactersGiveTheReferenceIds() {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(TINY.resolve("tokenizer"))) {
            assertThat(tokenizer.ids("\ud83d\ude00 \u9646 e\u0301 cafe\u0301"))
                    .containsExactly(990, 172, 253, 246, 478, 165, 247, 484, 127, 358, 967, 69, 127, 358, 991);
        }
    }

    @Test
    void honoursNormalizedSpecialTokensOfThePublishedLayouts() throws Exception {
        copy("tokenizer_2");
        String shout = "a RED <|STARTOFTEXT|> x <|EndOfText|>y";
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder)) {
            assertThat(tokenizer.ids(shout)).startsWith(990, 320, 600, 27);
        }
        edit("tokenizer_config.json", c -> {
            ObjectNode decoder = c.putObject("added_tokens_decoder");
            decoder.putObject("0").put("content", "!").put("special", true);
            for (String[] token : new String[][] {{"990", "<|startoftext|>"}, {"991", "<|endoftext|>"}}) {
                decoder.putObject(token[0])
                        .put("content", token[1])
                        .put("normalized", true)
                        .put("special", true);
            }
        });
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder)) {
            assertThat(tokenizer.ids(shout)).containsExactly(990, 320, 600, 990, 343, 991, 344, 991);
            assertThat(tokenizer.ids("wow!!")).containsExactly(990, 86, 567, 0, 0, 991);
        }
        edit("tokenizer_config.json", c -> c.remove("added_tokens_decoder"));
        edit("special_tokens_map.json", m -> {
            for (String role : new String[] {"bos_token", "eos_token", "unk_token"}) {
                String text = m.get(role).asText();
                m.putObject(role).put("content", text).put("normalized", true);
            }
        });
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder)) {
            assertThat(tokenizer.ids(shout)).containsExactly(990, 320, 600, 990, 343, 991, 344, 991);
        }
    }

    @Test
    void takes77WhereTheConfiguredLengthIsAbsurd() throws Exception {
        copy("tokenizer");
        edit("tokenizer_config.json", c -> c.put("model_max_length", 1e30));
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder)) {
            assertThat(tokenizer.maxLength()).isEqualTo(77);
        }
        edit("tokenizer_config.json", c -> c.put("model_max_length", 40));
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder)) {
            assertThat(tokenizer.encode("a cat")).hasSize(40);
        }
    }

    @Test
    void readsAFolderThatHoldsOnlyTokenizerJson() throws Exception {
        copy("tokenizer_2");
        TokenizerFiles files = new TokenizerFiles(folder);
        ObjectNode definition =
                TokenizerJson.of(files, new SpecialTokens(files), List.of()).definition();
        definition.putObject("padding").put("pad_token", "!").put("pad_id", 0).put("direction", "Left");
        definition.putObject("truncation").put("max_length", 3).put("stride", 0);
        Path only = Files.createDirectory(folder.resolve("only"));
        JSON.writeValue(only.resolve("tokenizer.json").toFile(), definition);
        try (PromptTokenizer expected = PromptTokenizer.load(folder);
                PromptTokenizer actual = PromptTokenizer.load(only)) {
            assertThat(actual.encode("A blue star, wow!")).isEqualTo(expected.encode("A blue star, wow!"));
            assertThat(actual.ids("red ".repeat(600))).hasSize(602);
            assertThat(actual.vocabularySize()).isEqualTo(992);
        }
        definition.putNull("post_processor");
        JSON.writeValue(only.resolve("tokenizer.json").toFile(), definition);
        assertThat(failure(only)).contains("end token 991").contains("post_processor");
        Files.writeString(only.resolve("tokenizer.json"), "{\"model\": {\"type\": \"Magic\"}}");
        assertThat(failure(only)).contains("lacks the special token");
        definition.set("model", JSON.createObjectNode().put("type", "Magic").set("vocab", JSON.createObjectNode()));
        JSON.writeValue(only.resolve("tokenizer.json").toFile(), definition);
        assertThat(failure(only)).contains("was refused by the tokenizer library");
    }

    @Test
    void saysWhichFileIsMissingOrBroken() throws Exception {
        assertThat(failure(folder.resolve("absent")))
                .contains("No tokenizer folder")
                .contains("absent");
        assertThat(failure(folder)).contains("no vocab.json");
        Files.write(folder.resolve("spiece.model"), new byte[] {1});
        assertThat(failure(folder))
                .contains("holds spiece.model alone, expected a tokenizer.json")
                .contains("save_pretrained(folder)");
        copy("tokenizer");
        Files.delete(folder.resolve("merges.txt"));
        assertThat(failure(folder)).contains("has no merges.txt");
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\ng r\nthree words here\n");
        assertThat(failure(folder)).contains("merges.txt").contains("line 3");
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\ng zzz\n");
        assertThat(failure(folder)).contains("do not belong together").contains("zzz");
        Files.write(folder.resolve("merges.txt"), new byte[] {(byte) 0xff, (byte) 0xfe, 'a'});
        assertThat(failure(folder)).contains("not UTF-8");
        Files.writeString(folder.resolve("merges.txt"), "g r\n");
        edit("vocab.json", v -> v.remove("<|endoftext|>"));
        assertThat(failure(folder))
                .contains("vocab.json lacks \"<|endoftext|>\"")
                .contains("eos_token");
        edit("vocab.json", v -> v.put("red", "seven"));
        assertThat(failure(folder)).contains("token \"red\"").contains("\"seven\"");
        Files.writeString(folder.resolve("vocab.json"), "{\"a\": 0, \"b\"");
        assertThat(failure(folder)).contains("vocab.json is not valid JSON");
        Files.writeString(folder.resolve("vocab.json"), "[]");
        assertThat(failure(folder)).contains("vocab.json is not a JSON object");
        Files.delete(folder.resolve("tokenizer_config.json"));
        assertThat(failure(folder)).contains("has no tokenizer_config.json");
    }

    @Test
    void refusesALengthWithoutRoomForTheMarks() {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(TINY.resolve("tokenizer"))) {
            assertThatThrownBy(() -> tokenizer.encode("x", 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
