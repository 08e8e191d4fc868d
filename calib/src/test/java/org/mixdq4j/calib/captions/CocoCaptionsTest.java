package org.mixdq4j.calib.captions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

class CocoCaptionsTest {
    private static final Path SHAPES =
            Path.of(System.getProperty("mixdq.root"), "util_files/captions/captions_shapes_val.json");

    @TempDir
    Path folder;

    private Path json(String text) throws Exception {
        return Files.writeString(folder.resolve("captions.dat"), text);
    }

    @Test
    void takesTheFirstCaptionOfEachImageInFileOrder() throws Exception {
        Path file = json(
                """
                {"info": {"annotations": [1, 2]}, "images": [{"id": 7}, {"id": 8}],
                 "annotations": [
                  {"image_id": 8, "id": 80, "caption": " first of\\r\\neight \\n"},
                  {"id": 70, "caption": "first of seven", "bbox": [1, {"id": 2}], "image_id": 7},
                  {"image_id": 8, "id": 81, "caption": "second of eight"},
                  {"image_id": 9, "id": 90, "caption": "  "},
                  {"image_id": 9, "id": 91, "caption": "caf\\u00e9"}],
                 "licenses": []}
                """);
        assertThat(Captions.read(file, 3))
                .containsExactly(
                        new Caption(80, "first of eight"),
                        new Caption(70, "first of seven"),
                        new Caption(91, "caf\u00e9"));
        assertThat(Captions.read(file, 1)).containsExactly(new Caption(80, "first of eight"));
        assertThatThrownBy(() -> Captions.read(file, 4))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("holds 3 captions but 4 were asked for")
                .hasMessageContaining("--samples 3");
    }

    @Test
    void readsTheShippedCaptionsLikeATreeParser() throws Exception {
        JsonNode tree = new ObjectMapper().readTree(SHAPES.toFile());
        JsonNode annotations = tree.get("annotations");
        Map<Long, String> pictures = new HashMap<>();
        for (JsonNode i : tree.get("images")) {
            pictures.put(i.get("id").asLong(), i.get("file_name").asText().replace(".png", ""));
        }
        assertThat(annotations).hasSize(3500);
        Map<Long, Caption> first = new LinkedHashMap<>();
        for (JsonNode a : annotations) {
            first.putIfAbsent(
                    a.get("image_id").asLong(),
                    new Caption(
                            a.get("id").asLong(),
                            a.get("caption").asText().strip(),
                            Optional.of(pictures.get(a.get("image_id").asLong()))));
        }
        assertThat(first).hasSize(700);
        List<Caption> expected = List.copyOf(first.values());
        assertThat(Captions.read(SHAPES, 700)).isEqualTo(expected);
        assertThat(Captions.read(SHAPES, 64)).isEqualTo(expected.subList(0, 64));
        assertThat(Captions.read(SHAPES, 1))
                .containsExactly(new Caption(
                        500187,
                        "This is a large violet heart below a blue cross on a horizontally striped navy background.",
                        Optional.of("SHAPES_val_000000100260")));
        assertThat(Captions.read(SHAPES, 64, 256)).isEqualTo(expected.subList(64, 320));
        assertThatThrownBy(() -> Captions.read(SHAPES, 701)).hasMessageContaining("--samples 700");
        assertThatThrownBy(() -> Captions.read(SHAPES, 600, 101))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("holds 700 captions but --skip 600 and --count 101 ask for 701");
    }

    @Test
    void namesOfPicturesMayStandAnywhereAndBeMissing() throws Exception {
        Path file = json(
                """
                {"images": [{"id": 1, "file_name": "COCO_1.jpg", "sizes": [3, {"x": 1}]}, {"id": 2}, 7],
                 "annotations": [{"image_id": 1, "id": 10, "caption": "a"}, {"image_id": 2, "id": 11, "caption": "b"},
                   {"image_id": 3, "id": 12, "caption": "c"}],
                 "more": 1}""");
        assertThat(Captions.read(file, 3))
                .containsExactly(
                        new Caption(10, "a", Optional.of("COCO_1")), new Caption(11, "b"), new Caption(12, "c"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no annotations | {'images': [], 'info': 1} | no key \"annotations\" (only [images, info])",
                "empty object | {} | no key at all",
                "array | [1, 2] | entry 1 is 1, expected a prompt or an object with one",
                "annotations no array | {'annotations': {'a': 1}} | is no array",
                "annotation no object | {'annotations': [5]} | annotation 1 (line 1) is not a JSON object",
                "no caption | {'annotations': [{'image_id': 1, 'id': 2}]} | has no caption",
                "no image | {'annotations': [{'caption': 'x', 'id': 2}]} | has no image_id",
                "no id | {'annotations': [{'caption': 'x', 'image_id': 2}]} | has no id",
                "late | {'annotations': [{'caption': 'x', 'image_id': 2, 'id': 1}, {}]} | annotation 2 (line 1) has no",
                "caption number | {'annotations': [{'caption': 3, 'image_id': 2, 'id': 1}]} | caption that is no string",
                "id text | {'annotations': [{'caption': 'x', 'image_id': 2, 'id': 'a'}]} | id that is no integer",
                "huge id | {'annotations': [{'id': 99999999999999999999}]} | id that is no integer",
                "image null | {'annotations': [{'caption': 'x', 'image_id': null}]} | image_id that is no number",
                "twice | {'annotations': [], 'annotations': []} | twice",
                "json lines | {'annotations': [{'caption': 'x', 'image_id': 2, 'id': 1}]} {} | after the end",
                "no captions | {'annotations': []} | holds no caption",
                "not json | {caption: red} | line 1 is not valid",
                "stray end | {'annotations': [],} x | is not valid",
                "text | [a red circle] | text file that does not begin with { or [",
            })
    void saysWhatIsNotCoco(String name, String text, String message) throws Exception {
        Path file = json(text.replace('\'', '"'));
        assertThatThrownBy(() -> Captions.read(file, 1))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("captions.dat")
                .hasMessageContaining(message);
    }

    @Test
    void refusesOneIdForTwoCaptions() throws Exception {
        Path file = json(
                """
                {"annotations": [{"image_id": 1, "id": 5, "caption": "a"},
                {"image_id": 2, "id": 5, "caption": "b"}]}""");
        assertThat(Captions.read(file, 1)).hasSize(1);
        assertThatThrownBy(() -> Captions.read(file, 2)).hasMessageContaining("id 5 of annotation 1");
    }

    @Test
    void reportsAFileCutAnywhereEvenAfterTheCaptionsAskedFor() throws Exception {
        String whole =
                "{\"images\": [{\"id\": 1}], \"annotations\": [{\"image_id\": 1, \"id\": 5, \"caption\": \"a b\"},"
                        + " {\"image_id\": 2, \"id\": 6, \"caption\": \"c\"}], \"licenses\": [\"x\"]}";
        for (int length = 1; length < whole.length(); length++) {
            Path file = json(whole.substring(0, length));
            assertThatThrownBy(() -> Captions.read(file, 1))
                    .as("cut to %d", length)
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("cut short");
        }
        assertThat(Captions.read(json(whole), 2)).hasSize(2);
    }
}
