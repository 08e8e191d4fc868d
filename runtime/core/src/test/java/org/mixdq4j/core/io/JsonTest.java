package org.mixdq4j.core.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;

class JsonTest {
    @TempDir
    Path dir;

    private record Layer(String id, int bits, List<Integer> splits, Map<String, Double> ranges) {}

    @Test
    void readsAndWritesTheNumbersThatTheStandardLacks() {
        JsonNode config = Json.parse("{\"lambda_min_clipped\": -Infinity, \"a\": NaN, \"b\": Infinity}", "config");
        assertThat(config.get("lambda_min_clipped").doubleValue()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(config.get("a").doubleValue()).isNaN();
        assertThat(config.get("b").isNumber()).isTrue();
        assertThat(Json.toPrettyString(config))
                .isEqualTo("{\n  \"lambda_min_clipped\": -Infinity,\n  \"a\": NaN,\n  \"b\": Infinity\n}\n");
    }

    @Test
    void writesRecordsInTheirOrderAndMapsByKey() throws IOException {
        Map<String, Double> ranges = new LinkedHashMap<>();
        ranges.put("z", 0.5);
        ranges.put("a", 1e-5);
        Path file = dir.resolve("layer.json");
        Json.write(file, new Layer("up.0", 4, List.of(320, 640), ranges));
        assertThat(Files.readString(file))
                .isEqualTo("{\n  \"id\": \"up.0\",\n  \"bits\": 4,\n  \"splits\": [ 320, 640 ],\n"
                        + "  \"ranges\": {\n    \"a\": 1.0E-5,\n    \"z\": 0.5\n  }\n}\n");
        assertThat(Json.read(file).get("ranges").get("a").doubleValue()).isEqualTo(1e-5);
    }

    @Test
    void writesWhatItReadUnchanged() throws IOException {
        Path file = dir.resolve("a.json");
        String text = "{\n  \"z\": [ 1, 2.5 ],\n  \"a\": { },\n  \"t\": \"é\"\n}\n".replace("{ }", "{}");
        Json.write(file, Json.parse(text, "text"));
        assertThat(Files.readString(file)).isEqualTo(text);
    }

    @Test
    void saysThatAFileIsMissingOrAFolder() {
        Path missing = dir.resolve("no.json");
        assertThatThrownBy(() -> Json.read(missing))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("cannot read " + missing, "does not exist");
        assertThatThrownBy(() -> Json.read(dir))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("cannot read " + dir, "folder");
    }

    @Test
    void tellsTruncatedFromEmptyFromForeign() {
        assertFails("{\"a\": [1, 2", "x.json is truncated");
        assertFails("{\"a\": \"lo", "x.json is truncated");
        assertFails("  \n", "x.json is empty");
        assertFails("{\"a\": 1}\n{\"b\": 2}", "x.json is not valid JSON");
        assertFails("{\n  \"a\": hello }", "x.json is not valid JSON: line 2, column");
        assertThatThrownBy(() -> Json.parse(new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 0, 0, 1}, "x.json"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("x.json is not");
    }

    private static void assertFails(String text, String expected) {
        assertThatThrownBy(() -> Json.parse(text, "x.json"))
                .isInstanceOf(MixdqException.class)
                .hasMessageStartingWith(expected)
                .hasMessageNotContaining("\n");
    }
}
