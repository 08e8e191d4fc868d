package org.mixdq4j.bitalloc.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.bitalloc.plan.Layer;
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
        assertThat(table("model.a: [1, 2, 3]").values("a")).isEqualTo(Map.of(2, 1.0, 4, 2.0, 8, 3.0));
        assertThat(table("# metric: ssim\n# bits: 3, 6\nmodel.a: [1, 2]").values("a"))
                .isEqualTo(Map.of(3, 1.0, 6, 2.0));
        assertThat(table("# bits: [3, 6]\na: [1, 2]").values("a")).isEqualTo(Map.of(3, 1.0, 6, 2.0));
        assertThat(SensitivityTable.read(file("# bits: 3, 6\na:\n- 1\n- 2\n"), List.of(4, 8))
                        .values("a"))
                .isEqualTo(Map.of(4, 1.0, 8, 2.0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model.a: [1, .nan, 3]|sensitivity NaN for the layer a at 4 bits",
                "model.a: [1, 2, -.inf]|sensitivity -Infinity for the layer a at 8 bits",
                "model.a: [1, x, 3]|sensitivity x for the layer a at 4 bits",
                "model.a: [1, 2]|2 values for the layer a where 3 were expected",
                "model.a: 7|'7' for the layer a where 3 were expected",
                "model.a:|'nothing' for the layer a",
                "model.a: [1, 2|is not YAML",
                "just words|holds no map",
                "'{model.a: [1,2,3], a: [1,2,3]}'|names the layer a twice",
                "'{model.a: [1,2,3], model.a: [1,2,3]}'|duplicate key"
            })
    void wrongSensitivitiesAreNamed(String text, String sentence) {
        String yaml = text.startsWith("'") ? text.substring(1, text.length() - 1) : text;
        assertThatThrownBy(() -> table(yaml))
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
        assertThatThrownBy(() -> SizeTable.read(file(text), 320))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(sentence);
    }

    @Test
    void sizesAreCountedInUnits() throws IOException {
        assertThat(SizeTable.read(file("model.a: 8.8\nmodel.b: 35.55555555555556"), 11520)
                        .layers())
                .isEqualTo(Map.of("a", 101376L, "b", 409600L));
        assertThat(SizeTable.read(file("model.a: 101376"), 1).elements("a")).isEqualTo(101376);
    }

    @Test
    void missingFilesAreNamed() {
        assertThatThrownBy(() -> SensitivityTable.read(folder.resolve("none.yaml"), List.of()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("no sensitivity file")
                .hasMessageContaining("none.yaml");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "b: [1,2,3]|a: [1,2,3]|a: 1|b",
                "b: [1,2,3]|a: [1,2,3]|b: 1|a",
                "b: [1,2,3]|a: [1,2,3]|'{a: 1, b: 1, c: 1}'|c"
            })
    void aLayerThatOneFileLacksIsNamed(String sqnr, String ssim, String sizes, String missing) throws IOException {
        SensitivityTable first = table(sqnr);
        SensitivityTable second = table(ssim);
        SizeTable third = SizeTable.read(file(sizes.replace("'", "")), 1);
        assertThatThrownBy(() -> Layer.join(first, second, third))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("the layer " + missing + " is missing in");
    }
}
