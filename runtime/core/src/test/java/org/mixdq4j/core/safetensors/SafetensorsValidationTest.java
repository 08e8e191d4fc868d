package org.mixdq4j.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.mixdq4j.core.safetensors.RawFile.bytes;
import static org.mixdq4j.core.safetensors.RawFile.tensor;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.Shape;

class SafetensorsValidationTest {
    private static final String GOOD = "{" + tensor("a", "F32", "[2]", "[0,8]") + "}";

    @TempDir
    Path dir;

    static Stream<Arguments> broken() {
        return Stream.of(
                file("empty file", new byte[0], "0 bytes", "header"),
                file("shorter than the length", new byte[7], "7 bytes"),
                file("header longer than the file", bytes("{}", 5000, new byte[0]), "5000", "10 bytes in all"),
                file("header over the limit", bytes("{}", 100_000_001, new byte[0]), "100000001", "limit"),
                file("unsigned header length", bytes("{}", -1, new byte[0]), "18446744073709551615"),
                file(
                        "Git LFS pointer",
                        ascii("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
                        "git lfs pull"),
                file("zip archive", ascii("PK\3\4 and more bytes"), "zip archive"),
                file("not JSON", bytes("hello", 0), "not JSON"),
                file("empty header", bytes("", 0), "not an object"),
                file("JSON array", bytes("[1]", 0), "not an object"),
                file("JSON cut off", bytes("{\"a\":{\"dtype\":", 0), "ends in the middle"),
                file("JSON cut off after a comma", bytes("{\"a\":", 0), "ends in the middle"),
                file("more after the object", bytes("{} {}", 0), "goes on after"),
                header("entry not an object", "{\"a\":3}", 0, "'a'", "lacks"),
                header("no offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 4, "'a'", "data_offsets"),
                header("three offsets", one("F32", "[1]", "[0,4,8]"), 4, "'a'", "pair of data_offsets"),
                header("negative offset", one("F32", "[1]", "[-4,0]"), 4, "'a'", "negative", "-4"),
                header("fractional offset", one("F32", "[1]", "[0,4.0]"), 4, "'a'", "4.0", "not a 64-bit integer"),
                header("offset over 64 bits", one("F32", "[1]", "[0,99999999999999999999]"), 4, "64-bit integer"),
                header("reversed offsets", one("F32", "[1]", "[4,0]"), 4, "'a'", "reversed", "[4, 0]"),
                header("negative extent", one("F32", "[-1]", "[0,4]"), 4, "'a'", "negative", "shape"),
                header("size not the shape's", one("F32", "[3]", "[0,8]"), 8, "'a'", "[3]", "12 bytes", "8 bytes"),
                header("size overflows", one("F32", "[4294967296,4294967296]", "[0,0]"), 0, "'a'", "overflows"),
                file("cut data", Arrays.copyOf(bytes(GOOD, 8), GOOD.length() + 13), "truncated", "header promises"),
                header("end near 2^63", one("F1", "[1]", "[0,9223372036854775807]"), 4, "truncated"),
                header("overlap", two("[0,8]", "[4,12]"), 12, "'a'", "'b'", "overlap at byte 4"),
                header("hole between", two("[0,8]", "[12,20]"), 20, "hole of 4 bytes", "'b'"),
                header("hole at the start", one("F32", "[1]", "[4,8]"), 8, "hole of 4 bytes", "'a'"),
                header("data after the last tensor", GOOD, 11, "3 bytes after the last tensor"),
                header("data but no tensor", "{}", 5, "5 bytes after the last tensor"),
                header(
                        "duplicate name",
                        "{" + tensor("a", "U8", "[1]", "[0,1]") + "," + tensor("a", "U8", "[1]", "[1,2]") + "}",
                        2,
                        "'a' twice",
                        "duplicate"),
                header("metadata not an object", "{\"__metadata__\":[]}", 0, "__metadata__", "not an object"),
                header("metadata not a string", "{\"__metadata__\":{\"k\":1}}", 0, "'k'", "not a string"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void refusesAndNamesFileAndReason(String id, byte[] content, String[] expected) {
        Path path = RawFile.write(dir.resolve("x.safetensors"), content);
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .isInstanceOf(MixdqException.class)
                .hasMessageStartingWith(path.toString())
                .hasMessageContainingAll(expected)
                .hasMessageNotContaining("\n");
    }

    @Test
    void saysHowManyBytesATruncatedFileHasAndShouldHave() {
        byte[] whole = bytes(GOOD, 8);
        Path path = RawFile.write(dir.resolve("cut.safetensors"), Arrays.copyOf(whole, whole.length - 3));
        assertThatThrownBy(() -> SafetensorsFile.open(path))
                .hasMessageContaining(
                        "it has " + (whole.length - 3) + " bytes, but its header promises " + whole.length);
    }

    @Test
    void saysThatAFileIsMissingOrAFolder() {
        assertThatThrownBy(() -> SafetensorsFile.open(dir.resolve("no.safetensors")))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("does not exist");
        assertThatThrownBy(() -> SafetensorsFile.open(dir))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("cannot read " + dir, "folder");
    }

    @Test
    void mindsNoTypeItCannotReadUntilAskedForSuchATensor() {
        String header = "{" + tensor("mask", "BOOL", "[3]", "[0,3]") + "," + tensor("q", "F8_E4M3", "[1]", "[3,4]")
                + "," + tensor("w", "U8", "[2]", "[4,6]") + "}";
        Path path = RawFile.write(dir.resolve("x.safetensors"), bytes(header, 6));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.names()).containsExactly("mask", "q", "w");
            assertThat(file.tensor("w").shape()).isEqualTo(Shape.of(2));
            assertThat(file.shape("mask")).isEqualTo(Shape.of(3));
            assertThatThrownBy(() -> file.tensor("mask"))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContainingAll(
                            path.toString(), "'mask'", "BOOL", "F64, F32, F16, BF16, I64, I32, I8, U8");
            assertThatThrownBy(() -> file.dtype("q")).hasMessageContaining("F8_E4M3");
        }
    }

    @Test
    void namesTheTensorThatIsNotThere() {
        Path path = RawFile.write(dir.resolve("x.safetensors"), bytes(GOOD, 8));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.contains("b")).isFalse();
            assertThatThrownBy(() -> file.tensor("b"))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContainingAll(path.toString(), "no tensor 'b'");
        }
    }

    private static Arguments file(String id, byte[] content, String... expected) {
        return arguments(id, content, expected);
    }

    private static Arguments header(String id, String header, int dataBytes, String... expected) {
        return arguments(id, bytes(header, dataBytes), expected);
    }

    private static String one(String dtype, String shape, String offsets) {
        return "{" + tensor("a", dtype, shape, offsets) + "}";
    }

    private static String two(String first, String second) {
        return "{" + tensor("a", "F32", "[2]", first) + "," + tensor("b", "F32", "[2]", second) + "}";
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
