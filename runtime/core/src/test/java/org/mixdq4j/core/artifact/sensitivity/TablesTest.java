package org.mixdq4j.core.artifact.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.error.MixdqException;

/** What files may hold and how wrong ones are refused. */
class TablesTest {
    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "table", ".yaml"), text);
    }

    private SensitivityTable table(String text) throws IOException {
        return SensitivityTable.read(file(text), List.of());
    }

    @Test
    void columnsAreMixDqsUnlessSaidOtherwise() throws IOException {
        assertThat(table("model.a: [1, 2, 3]").layers().get("a")).isEqualTo(Map.of(2, 1.0, 4, 2.0, 8, 3.0));
        assertThat(table("# metric: ssim\n# bits: 3, 6\nmodel.a: [1, 2]")
                        .layers()
                        .get("a"))
                .isEqualTo(Map.of(3, 1.0, 6, 2.0));
        assertThat(table("# bits: [3, 6]\na: [1, 2]").layers().get("a")).isEqualTo(Map.of(3, 1.0, 6, 2.0));
        assertThat(SensitivityTable.read(file("# bits: 3, 6\na:\n- 1\n- 2\n"), List.of(4, 8))
                        .layers()
                        .get("a"))
                .isEqualTo(Map.of(4, 1.0, 8, 2.0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model.a: [1, .nan, 3]|sensitivity NaN for the layer a at 4 bits",
                "# bits: 4, 4, 8|[4, 4, 8] bits, some of them twice",
                "# bits: four|'# bits: four' where the bits of its columns were expected",
                "model.a: [1, x, 3]|sensitivity x for the layer a at 4 bits",
                "model.a: [1, 2]|2 values for the layer a where 3 were expected",
                "model.a: 7|'7' for the layer a where 3 were expected",
                "model.a:|'nothing' for the layer a",
                "model.a: [1, 2|is not YAML",
                "just words|holds no map",
                "'{model.a: [1,2,3], a: [1,2,3]}'|names the layer a twice",
                "'{model.a: [1,2,3], model.a: [1,2,3]}'|names the layer a twice"
            })
    void wrongSensitivitiesAreNamed(String text, String sentence) {
        String yaml = text.startsWith("'") ? text.substring(1, text.length() - 1) : text;
        assertThatThrownBy(() -> table(yaml.startsWith("#") ? yaml + "\nmodel.a: [1, 2, 3]" : yaml))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(sentence)
                .message()
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model.a: -1.0|size -1.0 for the layer a where a number above 0",
                "model.a: 0|size 0 for the layer a",
                "model.a: .nan|size NaN for the layer a",
                "model.a: big|size big for the layer a",
                "model.a: [1]|size [1] for the layer a",
                "model.a: 0.0001|not a whole number of elements"
            })
    void wrongSizesAreNamed(String text, String sentence) {
        assertThatThrownBy(() -> SizeTable.read(file(text), OptionalDouble.empty(), 320))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(sentence);
    }

    @Test
    void sizesAreCountedInUnits() throws IOException {
        OptionalDouble unknown = OptionalDouble.empty();
        Path published = file("model.a: 8.8\nmodel.b: 35.55555555555556");
        assertThat(SizeTable.read(published, unknown, 11520).layers()).isEqualTo(Map.of("a", 101376L, "b", 409600L));
        Path counts = file("# unit: 1\nmodel.a: 101376");
        assertThat(SizeTable.read(counts, unknown, 11520).layers().get("a")).isEqualTo(101376L);
        assertThat(SizeTable.read(counts, OptionalDouble.of(2), 11520).layers().get("a"))
                .isEqualTo(202752L);
        Path wrong = file("# unit: 0\nmodel.a: 1");
        assertThatThrownBy(() -> SizeTable.read(wrong, unknown, 11520))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("'# unit: 0'");
    }

    static Stream<Double> doubles() {
        return Stream.concat(
                Stream.of(
                        0.0,
                        -0.0,
                        1.0,
                        -3.25,
                        0.1,
                        1e-300,
                        -1.7e10,
                        Double.MIN_VALUE,
                        Double.MAX_VALUE,
                        Double.POSITIVE_INFINITY,
                        Double.NEGATIVE_INFINITY),
                new Random(1)
                        .doubles(20)
                        .map(d -> Double.longBitsToDouble(Double.doubleToLongBits(d) ^ 1))
                        .boxed());
    }

    @ParameterizedTest
    @MethodSource("doubles")
    void writtenSensitivitiesReadBackToTheBit(double value) {
        Path file = folder.resolve("written.yaml");
        SensitivityTable.write(file, List.of("metric: sqnr_db"), Map.of("x.to_out.0", Map.of(6, value, 3, 1.0)));
        SensitivityTable read = SensitivityTable.read(file, List.of());
        assertThat(read.columns()).containsExactly(3, 6);
        assertThat(read.layers().get("x.to_out.0")).isEqualTo(Map.of(3, 1.0, 6, value));
    }

    /** PyYAML takes an exponent without sign for text. */
    @Test
    void tablesAreWrittenAsMixdqReadsThem() throws IOException {
        Path file = folder.resolve("written.yaml");
        Map<Integer, Double> row = Map.of(2, 1e20, 4, 2e-20, 8, Double.POSITIVE_INFINITY);
        SensitivityTable.write(file, List.of("metric: ssim"), Map.of("b", row, "a", row));
        assertThat(file)
                .hasContent(
                        """
                        # metric: ssim
                        # bits: 2, 4, 8
                        model.a: [1.0E+20, 2.0E-20, .inf]
                        model.b: [1.0E+20, 2.0E-20, .inf]
                        """);
        SizeTable.write(file, List.of("elements of inputs"), Map.of("b", 2_000_000_000_000L, "a", 1L));
        assertThat(file).hasContent("# elements of inputs\n# unit: 1\nmodel.a: 1\nmodel.b: 2000000000000\n");
        assertThat(SizeTable.read(file, OptionalDouble.empty(), 320).layers())
                .isEqualTo(Map.of("a", 1L, "b", 2_000_000_000_000L));
    }

    @Test
    void whatWasNotMeasuredIsNotWritten() {
        Path file = folder.resolve("written.yaml");
        assertThatThrownBy(() -> SensitivityTable.write(file, List.of(), Map.of("a", Map.of(4, Double.NaN))))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("NaN for the layer a at 4 bits");
        assertThatThrownBy(() -> SensitivityTable.write(
                        file, List.of(), Map.of("a", Map.of(4, 1.0), "b", Map.of(4, 1.0, 8, 1.0))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(file).doesNotExist();
    }

    @Test
    void missingFilesAreNamed() {
        assertThatThrownBy(() -> SensitivityTable.read(folder.resolve("none.yaml"), List.of()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("no sensitivity file")
                .hasMessageContaining("none.yaml");
    }
}
