package org.mixdq4j.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

/**
 * Folders with added tokens as people publish them and in forms nobody should: ids as transformers gives them
 * ({@code util_files/fixtures/tokenizer_added}).
 */
class AddedTokensParityTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"), "util_files");
    private static final Path BASE = ROOT.resolve("cases/base/sd15/tokenizer");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    record Form(String name, JsonNode json) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Form> forms() throws IOException {
        JsonNode forms = JSON.readTree(
                        ROOT.resolve("fixtures/tokenizer_added/forms.json").toFile())
                .get("forms");
        List<Form> result = new ArrayList<>();
        forms.forEach(form -> result.add(new Form(form.get("name").asText(), form)));
        return result.stream();
    }

    private void writeBase() throws IOException {
        for (String name : List.of("vocab.json", "merges.txt", "tokenizer_config.json")) {
            Files.copy(BASE.resolve(name), folder.resolve(name));
        }
    }

    private void write(JsonNode form) throws IOException {
        writeBase();
        for (Map.Entry<String, JsonNode> file : form.get("files").properties()) {
            JSON.writeValue(folder.resolve(file.getKey()).toFile(), file.getValue());
        }
        if (form.has("tokenizer_json_added")) {
            ObjectNode model = JSON.createObjectNode()
                    .put("type", "BPE")
                    .set("vocab", JSON.readTree(BASE.resolve("vocab.json").toFile()));
            ArrayNode merges = model.putArray("merges");
            Files.readAllLines(BASE.resolve("merges.txt")).stream()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#version"))
                    .forEach(merges::add);
            ObjectNode whole = JSON.createObjectNode();
            whole.set("added_tokens", form.get("tokenizer_json_added"));
            whole.set("model", model);
            JSON.writeValue(folder.resolve("tokenizer.json").toFile(), whole);
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    void idsAreThoseOfTransformers(Form form) throws IOException {
        write(form.json());
        List<String> learned = new ArrayList<>();
        form.json().get("learned").forEach(token -> learned.add(token.asText()));
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder, learned)) {
            SoftAssertions all = new SoftAssertions();
            all.assertThat(tokenizer.padId()).isEqualTo(form.json().get("pad").asLong());
            for (Map.Entry<String, JsonNode> entry : form.json().get("prompts").properties()) {
                long[] expected = LongStream.range(0, entry.getValue().size())
                        .map(i -> entry.getValue().get((int) i).asLong())
                        .toArray();
                long[] ids = tokenizer.idsAsTyped(entry.getKey());
                all.assertThat(ids).as(entry.getKey()).isEqualTo(expected);
                all.assertThat(LongStream.of(ids)).allMatch(id -> id < tokenizer.vocabularySize());
            }
            all.assertAll();
        }
    }

    /** transformers 5 writes a tokenizer.json and no vocab.json. */
    @Test
    void aFolderSavedByTransformers5() {
        Path saved = ROOT.resolve("fixtures/tokenizer_added/saved_by_transformers_5");
        try (PromptTokenizer tokenizer = PromptTokenizer.load(saved)) {
            assertThat(tokenizer.ids("a <cat-toy> and <SKS dog>!")).containsExactly(990, 320, 992, 566, 993, 256, 991);
            assertThat(tokenizer.padId()).isEqualTo(991);
            assertThat(tokenizer.vocabularySize()).isEqualTo(994);
        }
    }

    @Test
    void aTokenOfSeveralVectorsStandsForAllOfThem() throws IOException {
        writeBase();
        Files.writeString(folder.resolve("added_tokens.json"), "{\"<s0>\": 992, \"<s0>_1\": 993, \"<s0>_2\": 994}");
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder, List.of("Style", "Style_1"))) {
            assertThat(tokenizer.ids("a <s0> circle")).containsExactly(990, 320, 992, 993, 994, 619, 991);
            assertThat(tokenizer.ids("a <s0>_2 circle")).containsExactly(990, 320, 994, 619, 991);
            assertThat(tokenizer.ids("style red")).containsExactly(990, 995, 996, 600, 991);
            assertThat(tokenizer.encode("<s0> ".repeat(40)))
                    .hasSize(77)
                    .startsWith(990, 992, 993, 994, 992)
                    .endsWith(994, 991);
            assertThat(tokenizer.truncates("<s0> ".repeat(26))).isTrue();
            assertThat(tokenizer.truncates("<s0> ".repeat(25))).isFalse();
            assertThat(tokenizer.vocabularySize()).isEqualTo(997);
            assertThat(tokenizer.addedId("Style_1")).isEqualTo(996);
        }
        assertThatThrownBy(() -> PromptTokenizer.load(folder, List.of("<s0>")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("has the token \"<s0>\" already; give the embedding another");
        assertThatThrownBy(() -> PromptTokenizer.load(folder, List.of("red</w>")))
                .isInstanceOf(UsageException.class);
    }

    @Test
    void aBrokenListOfTokensIsRefused() throws IOException {
        writeBase();
        Files.writeString(folder.resolve("added_tokens.json"), "{\"<cat>\": \"992\"}");
        assertThatThrownBy(() -> PromptTokenizer.load(folder))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("added_tokens.json gives token \"<cat>\" the id \"992\"");
        Files.writeString(folder.resolve("added_tokens.json"), "[\"<cat>\"]");
        assertThatThrownBy(() -> PromptTokenizer.load(folder)).hasMessageContaining("is not a JSON object");
    }
}
