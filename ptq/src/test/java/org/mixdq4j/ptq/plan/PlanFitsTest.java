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
import org.mixdq4j.core.checkpoint.ModelFingerprint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.model.unet.UNet2DCondition;
import org.mixdq4j.ptq.TinyModel;

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
    void theSummaryBesideAPlanTellsItsModel() {
        ModelFingerprint tiny = ModelFingerprint.of(TinyModel.FOLDER);
        Map<String, String> other = new TreeMap<>(tiny.components());
        BitTable plan = table(all(TINY));
        assertThatCode(() -> PlanOrigin.require(plan, tiny, "tiny")).doesNotThrowAnyException();

        Path summary = folder.resolve("plan.summary.json");
        Json.write(summary, Map.of("format", "mixdq4j-bit-plan", "version", 1));
        assertThatCode(() -> PlanOrigin.require(plan, tiny, "tiny"))
                .as("an old summary names none")
                .doesNotThrowAnyException();
        other.put("vae", "ab".repeat(32));
        Json.write(summary, Map.of("model", other));
        assertThatCode(() -> PlanOrigin.require(plan, tiny, "tiny"))
                .as("another VAE")
                .doesNotThrowAnyException();
        Json.write(summary, Map.of("model", Map.of("unet", "cd".repeat(32))));
        for (String name : new String[] {"plan.yaml", "plan.acts.yaml", "plan.candidates/weights_000.yaml"}) {
            BitTable there = new BitTable(folder.resolve(name), all(TINY));
            assertThatThrownBy(() -> PlanOrigin.require(there, tiny, "tiny"))
                    .as(name)
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("whose unet is cdcdcdcdcdcd")
                    .hasMessageContaining("that of --model tiny is " + tiny.brief("unet"));
        }
        BitTable elsewhere = new BitTable(folder.resolve("other.yaml"), all(TINY));
        assertThatCode(() -> PlanOrigin.require(elsewhere, tiny, "tiny")).doesNotThrowAnyException();
    }
}
