package org.mixdq4j.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The public CLIP vocabulary against the ids that transformers 5 gives. */
class ClipTokenizerParityTest {
    private static final Path FOLDER = Path.of(System.getProperty("mixdq.root"), "util_files/fixtures/tokenizer_clip");
    private static PromptTokenizer tokenizer;

    @BeforeAll
    static void load() {
        tokenizer = PromptTokenizer.load(FOLDER);
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    static Stream<Arguments> cases() throws Exception {
        JsonNode root =
                new ObjectMapper().readTree(FOLDER.resolve("expected.json").toFile());
        return StreamSupport.stream(root.spliterator(), false)
                .map(c -> Arguments.of(c.get("prompt").asText(), longs(c.get("ids")), longs(c.get("padded_77"))));
    }

    private static List<Long> longs(JsonNode array) {
        List<Long> result = new ArrayList<>();
        array.forEach(id -> result.add(id.asLong()));
        return result;
    }

    private static List<Long> boxed(long[] ids) {
        return LongStream.of(ids).boxed().toList();
    }

    @Test
    void everyCaseOfTheFixtureIsSeen() throws Exception {
        assertThat(cases()).hasSize(24);
    }

    @ParameterizedTest(name = "[{index}] {0}")
    @MethodSource("cases")
    void givesTheReferenceIds(String prompt, List<Long> ids, List<Long> padded) {
        assertThat(boxed(tokenizer.ids(prompt))).isEqualTo(ids);
        assertThat(boxed(tokenizer.encode(prompt))).isEqualTo(padded);
        assertThat(tokenizer.truncates(prompt)).isEqualTo(ids.size() > 77);
    }

    @Test
    void readsLengthAndSpecialIdsFromTheFolder() {
        assertThat(tokenizer.maxLength()).isEqualTo(77);
        assertThat(tokenizer.eosId()).isEqualTo(49407);
        assertThat(tokenizer.padId()).isEqualTo(49407);
        assertThat(tokenizer.vocabularySize()).isEqualTo(49408);
    }

    @Test
    void encodesUnusualTextLikeTheReference() {
        assertThat(tokenizer.ids("! !! !!! wow!")).containsExactly(49406, 256, 748, 995, 2781, 256, 49407);
        assertThat(tokenizer.ids("a\u0085b\u2003c\u0000d\u001fz"))
                .containsExactly(49406, 320, 321, 322, 444, 323, 475, 345, 49407);
        assertThat(tokenizer.ids("\u0130stanbul \u0391\u03a3 \u01c5"))
                .containsExactly(49406, 328, 16384, 11231, 138, 109, 139, 481, 131, 484, 49407);
        assertThat(tokenizer.ids("  <|endoftext|>  b")).containsExactly(49406, 49407, 321, 49407);
        assertThat(tokenizer.ids("\ufeffx")).containsExactly(49406, 171, 119, 379, 343, 49407);
    }

    @Test
    void replacesHalfASurrogatePairInsteadOfFailing() {
        assertThat(tokenizer.ids("a \ud83d b")).isEqualTo(tokenizer.ids("a \ufffd b"));
    }

    @Test
    void doesNotCutUnpaddedIds() {
        assertThat(tokenizer.ids("cat ".repeat(2000))).hasSize(2002);
    }

    @Test
    void doesNotDependOnTheDefaultLocale() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr-TR"));
            assertThat(tokenizer.ids("AN ICE TITLE")).isEqualTo(tokenizer.ids("an ice title"));
        } finally {
            Locale.setDefault(before);
        }
    }
}
