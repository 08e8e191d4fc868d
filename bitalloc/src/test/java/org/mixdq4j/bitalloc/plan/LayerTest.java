package org.mixdq4j.bitalloc.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.artifact.sensitivity.SizeTable;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/** Tables joined to layers. */
class LayerTest {
    @TempDir
    private Path folder;

    private List<Layer> join(String sqnr, String ssim, String sizes) throws IOException {
        return Layer.join(
                SensitivityTable.read(file(sqnr), List.of()),
                SensitivityTable.read(file(ssim), List.of()),
                SizeTable.read(file(sizes), OptionalDouble.of(1), 1));
    }

    private Path file(String text) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "table", ".yaml"), text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "b: [1,2,3]|a: [0,0,1]|b: 1|a",
                "b: [1,2,3]|a: [0,0,1]|a: 1|b",
                "b: [1,2,3]|a: [0,0,1]|'{a: 1, b: 1, c: 1}'|c"
            })
    void aLayerThatOneFileLacksIsNamed(String sqnr, String ssim, String sizes, String missing) {
        assertThatThrownBy(() -> join(sqnr, ssim, sizes.replace("'", "")))
                .isInstanceOf(MixdqException.class)
                .hasMessageMatching("the layer " + missing + " of .*\\.yaml is missing in .*\\.yaml; .*");
    }

    @Test
    void anExactResultCountsAsTheBestOfItsGroup() throws IOException {
        List<Layer> layers = join("{b: [1, 2, .inf], c: [4, .inf, .inf]}", "a: [0.5, 0.75, 1]", "{a: 1, b: 1, c: 1}");
        assertThat(layers)
                .containsExactly(
                        new Layer("a", LayerGroup.CONTENT, 1, Map.of(2, 0.5, 4, 0.75, 8, 1.0)),
                        new Layer("b", LayerGroup.QUALITY, 1, Map.of(2, 1.0, 4, 2.0, 8, 4.0)),
                        new Layer("c", LayerGroup.QUALITY, 1, Map.of(2, 4.0, 4, 4.0, 8, 4.0)));
    }

    @Test
    void bitsThatLeaveNothingOfTheResultCannotBeChosen() throws IOException {
        List<Layer> layers = join("b: [-.inf, 2, 3]", "a: [0, 0, 1]", "{a: 1, b: 1}");
        Map<LayerGroup, List<Integer>> some = Map.of(LayerGroup.CONTENT, List.of(2), LayerGroup.QUALITY, List.of(4, 8));
        new BitProblem(layers, some, Map.of(), Set.of());
        Map<LayerGroup, List<Integer>> all = Map.of(LayerGroup.CONTENT, List.of(2), LayerGroup.QUALITY, List.of(2, 8));
        assertThatThrownBy(() -> new BitProblem(layers, all, Map.of(), Set.of()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("layer b at 2 bits is -Infinity");
    }

    @Test
    void anSsimAboveOneIsNone() {
        assertThatThrownBy(() -> join("b: [1, 2, 3]", "a: [0.5, 37.5, 60]", "{a: 1, b: 1}"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("SSIM 37.5 for the layer a at 4 bits");
    }
}
