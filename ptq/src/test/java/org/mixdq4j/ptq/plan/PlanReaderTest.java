package org.mixdq4j.ptq.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

class PlanReaderTest {
    @TempDir
    Path folder;

    private BitTable read(String text) throws IOException {
        return PlanReader.read(Files.writeString(folder.resolve("plan.yaml"), text));
    }

    @Test
    void readsMixdqsFlatFormWithAndWithoutItsPrefix() throws IOException {
        BitTable table =
                read("# bits\nmodel.conv_in: 8\nmodel.down_blocks.0.resnets.0.conv1: 4\nmid.a: 2\nmodel.b: 16\n");

        assertThat(table.bits())
                .containsOnly(
                        Map.entry("conv_in", 8),
                        Map.entry("down_blocks.0.resnets.0.conv1", 4),
                        Map.entry("mid.a", 2),
                        Map.entry("b", 16));
        assertThat(table.name()).isEqualTo("plan.yaml");
        assertThat(table.of("conv_in")).contains(8);
        assertThat(table.of("b")).as("16 is float").isEmpty();
        assertThat(table.of("absent")).isEmpty();
    }

    @Test
    void theDigestIsOfWhatItSaysAndNotOfHowItIsWritten() throws IOException {
        String digest = read("model.a: 8\nmodel.b: 4\n").digest();
        assertThat(read("{b: 4, a: 8, model.c: 16}").digest()).isEqualTo(digest);
        assertThat(read("model.a: 8\nmodel.b: 8\n").digest()).isNotEqualTo(digest);
        assertThat(read("model.a: 8\n").digest()).isNotEqualTo(digest);
    }

    @Test
    void averagesCountElementsOfQuantizedLayersAlone() throws IOException {
        BitTable table = read("{a: 8, b: 4, c: 16}");
        Map<String, Long> elements = new TreeMap<>(Map.of("a", 100L, "b", 300L, "c", 1000L, "d", 5000L));
        assertThat(table.average(elements)).isEqualTo(5.0);
        assertThat(table.average(Map.of("d", 3L))).isNaN();
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "model.conv_in: 9  | gives the layer 'conv_in' 9 bits, which no quantizer here has; give it 2 to 8",
                "model.conv_in: 1  | gives the layer 'conv_in' 1 bits",
                "model.conv_in: 15 | gives the layer 'conv_in' 15 bits",
                "model.conv_in: 17 | has 17 for the layer conv_in",
                "model.conv_in: .nan | has NaN for the layer conv_in",
                "{model.conv_in: 8, model.conv_in: 8} | names the layer conv_in twice",
                "- model.conv_in   | holds no map from layers",
            })
    void refusesWhatIsNoPlanNamingTheLayer(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("plan.yaml")
                .hasMessageContaining(message);
    }

    @Test
    void refusesAMissingFileAndOneThatIsNotText() throws IOException {
        assertThatThrownBy(() -> PlanReader.read(folder.resolve("none.yaml")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("there is no bit plan file");
        Path bytes = Files.write(folder.resolve("bytes.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThatThrownBy(() -> PlanReader.read(bytes)).hasMessageContaining("bytes.yaml");
    }
}
