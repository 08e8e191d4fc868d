package org.mixdq4j.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** T5's tokenizer of the small SD3 model against t5_ids.json, the ids that transformers 5's T5TokenizerFast gives. */
class T5TokenizerParityTest {
    private static final Path FOLDER =
            Path.of(System.getProperty("mixdq.root"), "util_files/models/tiny-sd3/tokenizer_3");
    private static PromptTokenizer tokenizer;

    @BeforeAll
    static void load() {
        tokenizer = PromptTokenizer.load(FOLDER);
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    static Stream<JsonNode> cases() throws Exception {
        try (InputStream in = T5TokenizerParityTest.class.getResourceAsStream("t5_ids.json")) {
            return StreamSupport.stream(new ObjectMapper().readTree(in).spliterator(), false);
        }
    }

    @Test
    void everyCaseIsSeen() throws Exception {
        assertThat(cases()).hasSize(34);
    }

    @ParameterizedTest(name = "[{index}]")
    @MethodSource("cases")
    void givesTheReferenceIds(JsonNode expected) {
        String text = expected.get("text").asText();
        int length = expected.get("length").asInt();
        assertThat(tokenizer.encode(text, length))
                .as(text)
                .isEqualTo(StreamSupport.stream(expected.get("ids").spliterator(), false)
                        .mapToLong(JsonNode::asLong)
                        .toArray());
        assertThat(tokenizer.ids(text))
                .as(text)
                .hasSize(expected.get("untruncated").asInt());
    }

    @Test
    void marksAndLengthComeFromTheFolder() {
        assertThat(tokenizer.eosId()).isEqualTo(1);
        assertThat(tokenizer.padId()).isZero();
        assertThat(tokenizer.maxLength()).isEqualTo(512);
        assertThat(tokenizer.vocabularySize()).isEqualTo(473);
    }

    /** Nothing but tokenizer.json: T5's own marks. */
    @Test
    void padsWithThePaddingTokenWithoutAConfiguration(@TempDir Path folder) throws Exception {
        Files.copy(FOLDER.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        try (PromptTokenizer bare = PromptTokenizer.load(folder)) {
            assertThat(bare.encode("a red circle", 6)).containsExactly(3, 28, 35, 1, 0, 0);
        }
    }
}
