package org.mixdq4j.ptq.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.unet.UNet2DCondition;

/** Whether a plan is of the network it is given for. */
class PlanFitsTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"));
    private static final Graph TINY = TinyModel.graph();

    @TempDir
    Path folder;

    private BitTable table(SortedMap<String, Integer> bits) {
        return new BitTable(folder.resolve("plan.yaml"), bits);
    }

    private static SortedMap<String, Integer> all(Graph graph) {
        SortedMap<String, Integer> bits = new TreeMap<>();
        graph.layers().forEach(layer -> bits.put(layer.id(), 4));
        return bits;
    }

    /** The layers MixDQ published, as one of its configurations. */
    private BitTable published() throws IOException {
        String sizes = Files.readString(ROOT.resolve("util_files/published_sdxl_turbo/weight_sizes.yaml"));
        Path file = folder.resolve("published.yaml");
        return PlanReader.read(Files.writeString(file, sizes.replaceAll(": .*", ": 4")));
    }

    @Test
    void publishedNamesAreThoseOfTheRealNetworkAndOfNoOther() throws IOException {
        BitTable published = published();
        Graph turbo = UNet2DCondition.graph(
                Json.read(ROOT.resolve("util_files/full_size/sdxl-turbo/unet/config.json")), 1, 64, 64, 77);

        assertThat(published.bits()).hasSize(794);
        assertThatCode(() -> published.requireFits(turbo)).doesNotThrowAnyException();
        assertThatThrownBy(() -> published.requireFits(TINY))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("which the UNet2DConditionModel does not have")
                .hasMessageMatching(".*gives bits to the layer '[\\w.]+',.*of the plan's 794.*");
    }

    @Test
    void aLayerTheNetworkLacksIsNamed() {
        SortedMap<String, Integer> bits = all(TINY);
        bits.put("conv_inn", 4);
        assertThatThrownBy(() -> table(bits).requireFits(TINY)).hasMessageContaining("the layer 'conv_inn'");
    }

    @Test
    void someLayersMayBeMissingButNotMost() {
        SortedMap<String, Integer> bits = all(TINY);
        bits.remove("conv_in");
        assertThatCode(() -> table(bits).requireFits(TINY)).doesNotThrowAnyException();
        SortedMap<String, Integer> few = new TreeMap<>(bits.headMap("down_blocks.1"));
        assertThatThrownBy(() -> table(few).requireFits(TINY))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("says nothing of the layer '")
                .hasMessageContaining("cut or of another model");
    }

    @Test
    void theSummaryBesideAPlanTellsItsModel() throws IOException {
        ModelFingerprint tiny = ModelFingerprint.of(TinyModel.FOLDER);
        Json.write(folder.resolve("plan.summary.json"), Map.of("model", Map.of("unet", "cd".repeat(32))));
        Path file = Files.writeString(folder.resolve("plan.acts.yaml"), "model.conv_in: 8\n");
        BitTable foreign = PlanReader.read(file);
        assertThatThrownBy(() -> foreign.requireMadeFor(tiny, "tiny"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("--model tiny");
        Json.write(folder.resolve("plan.summary.json"), Map.of("model", tiny.toJson()));
        assertThatCode(() -> PlanReader.read(file).requireMadeFor(tiny, "tiny")).doesNotThrowAnyException();
        assertThatCode(() -> table(all(TINY)).requireMadeFor(tiny, "tiny")).doesNotThrowAnyException();
    }
}
