package org.mixdq4j.core.graph.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mixdq4j.core.graph.analysis.LayerGroup.CONTENT;
import static org.mixdq4j.core.graph.analysis.LayerGroup.QUALITY;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.Shipped;
import org.yaml.snakeyaml.Yaml;

/** Layers, groups and sizes of real UNets, from their graphs alone, against what MixDQ published. */
class PublishedGroupsTest {
    private static final Graph SDXL = graph("full_size/sdxl-turbo/unet", 64);
    private static final Graph SD15 = graph("full_size/sd15/unet", 64);
    private static final Graph TINY = graph("models/tiny-sdxl-turbo/unet", 12);

    private static Graph graph(String folder, int side) {
        return Networks.build(Shipped.config(folder), new NetworkShape(1, side, side, 77));
    }

    private static Map<String, Object> published(String file) throws IOException {
        Map<String, Object> layers = new TreeMap<>();
        try (Reader reader = Files.newBufferedReader(Shipped.path("published_sdxl_turbo/" + file))) {
            Map<String, Object> root = new Yaml().load(reader);
            root.forEach((name, value) -> layers.put(name.replaceFirst("^model\\.", ""), value));
        }
        return layers;
    }

    private static Set<String> group(Graph graph, LayerGroup group) {
        return LayerGroups.of(graph).entrySet().stream()
                .filter(entry -> entry.getValue() == group)
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, Double> inUnits(Map<String, Long> sizes, double unit) {
        Map<String, Double> relative = new TreeMap<>();
        sizes.forEach((id, size) -> relative.put(id, size / unit));
        return relative;
    }

    private static long sum(Map<String, Long> sizes, Set<String> ids) {
        return ids.stream().mapToLong(sizes::get).sum();
    }

    @Test
    void contentIsWhatMixdqMeasuredWithSsim() throws IOException {
        Set<String> layers = published("sensitivity_weight_sqnr.yaml").keySet();
        Set<String> content = published("sensitivity_weight_ssim.yaml").keySet();
        assertThat(layers).hasSize(794);
        assertThat(LayerGroups.of(SDXL).keySet()).containsExactlyInAnyOrderElementsOf(layers);
        assertThat(group(SDXL, CONTENT)).hasSize(420).isEqualTo(content);
        assertThat(group(SDXL, QUALITY)).hasSize(374).doesNotContainAnyElementsOf(content);
    }

    /** The published figures are these quotients to the last bit. */
    @Test
    void sizesAreThePublishedOnes() throws IOException {
        assertThat(inUnits(LayerSizes.weights(SDXL), 11520))
                .containsEntry("conv_in", 1.0)
                .isEqualTo(published("weight_sizes.yaml"));
        assertThat(inUnits(LayerSizes.inputs(SDXL), 320))
                .containsEntry("conv_in", 51.2)
                .containsEntry("conv_out", 4096.0)
                .containsEntry("mid_block.attentions.0.transformer_blocks.0.attn2.to_k", 492.8)
                .isEqualTo(published("act_sizes.yaml"));
    }

    @Test
    void sizesAreThoseOfOneSample() {
        Graph two = Networks.build(Shipped.config("full_size/sdxl-turbo/unet"), new NetworkShape(2, 64, 64, 77));
        assertThat(LayerSizes.inputs(two)).isEqualTo(LayerSizes.inputs(SDXL));
        assertThat(LayerSizes.weights(two)).isEqualTo(LayerSizes.weights(SDXL));
    }

    @Test
    void groupsHaveTheSizesMixdqReports() {
        Map<String, Long> weights = LayerSizes.weights(SDXL);
        Map<String, Long> inputs = LayerSizes.inputs(SDXL);
        Set<String> content = group(SDXL, CONTENT);
        Set<String> quality = group(SDXL, QUALITY);
        assertThat(sum(weights, content)).isEqualTo(1_774_387_200L);
        assertThat(sum(weights, quality)).isEqualTo(791_493_120L);
        assertThat((double) sum(inputs, content) / sum(inputs, quality)).isBetween(1.20615, 1.20625);
    }

    /**
     * SD1.5 has 16 transformer blocks (2 on each of 3 levels down, 1 in the middle, 3 on each of 3 levels up), each of 4
     * cross-attention, 2 feed-forward and 4 self-attention layers, 2 projections around each, and 22 resnets (8, 2, 12)
     * with 2 convolutions and a time projection each, 14 of them (2 down, 12 up) with a shortcut; 3 downsamplers, 3
     * upsamplers, conv_in, conv_out and 2 layers of the time embedding.
     */
    @Test
    void sd15() {
        Set<String> content = group(SD15, CONTENT);
        assertThat(content).hasSize(16 * (4 + 2));
        assertThat(content)
                .allMatch(id -> id.matches(
                        ".*\\.transformer_blocks\\.0\\.(attn2\\.to_(q|k|v|out\\.0)|ff\\.net\\.(0\\.proj|2))"));
        assertThat(group(SD15, QUALITY)).hasSize(16 * (4 + 2) + 22 * 3 + 14 + 3 + 3 + 2 + 2);

        // c*c for queries and results, 768*c for keys and values, 8*c*c and 4*c*c in feed-forward layers.
        Map<String, Long> weights = LayerSizes.weights(SD15);
        assertThat(sum(weights, content))
                .isEqualTo(5 * (14L * 320 * 320 + 1536L * 320)
                        + 5 * (14L * 640 * 640 + 1536L * 640)
                        + 6 * (14L * 1280 * 1280 + 1536L * 1280));
        assertThat(LayerSizes.inputs(SD15))
                .containsEntry("down_blocks.0.attentions.0.proj_in", 320L * 64 * 64)
                .containsEntry("down_blocks.0.attentions.0.transformer_blocks.0.ff.net.2", 4L * 320 * 64 * 64)
                .containsEntry("mid_block.attentions.0.transformer_blocks.0.attn2.to_v", 77L * 768)
                .containsEntry("mid_block.resnets.0.time_emb_proj", 1280L);
    }

    /**
     * The small model has 17 transformer blocks (2 * 1 and 2 * 2 down, 2 in the middle, 3 * 2 and 3 * 1 up) in 11
     * attentions, 17 resnets of which 10 (1 down, 9 up) have a shortcut, 2 downsamplers, 2 upsamplers, conv_in,
     * conv_out and 4 layers of embeddings.
     */
    @Test
    void tinySdxlTurbo() {
        assertThat(group(TINY, CONTENT))
                .hasSize(17 * 6)
                .allMatch(id -> id.matches(".*\\.(attn2\\.to_(q|k|v|out\\.0)|ff\\.net\\.(0\\.proj|2))"));
        assertThat(group(TINY, QUALITY)).hasSize(17 * 4 + 11 * 2 + 17 * 3 + 10 + 2 + 2 + 2 + 4);
        assertThat(LayerSizes.inputs(TINY)).containsEntry("conv_in", 4L * 12 * 12);
        assertThat(LayerSizes.weights(TINY)).containsEntry("conv_in", 9L * 4 * 48);
    }

    @Test
    void weightsAreAllParametersButBiasesAndNorms() {
        long biases = SD15.layers().stream()
                .filter(layer -> layer.layer().bias())
                .mapToLong(layer -> layer.layer().outputs())
                .sum();
        long inNorms = SD15.nodes().stream()
                .filter(node -> !node.isLayer())
                .flatMap(node -> node.op().parameters().stream())
                .mapToLong(parameter -> parameter.shape().elements())
                .sum();
        long weights = LayerSizes.weights(SD15).values().stream()
                .mapToLong(Long::longValue)
                .sum();
        assertThat(weights + biases + inNorms).isEqualTo(859_520_964L);
        assertThat(SD15.layers()).anyMatch(layer -> layer.op() instanceof Conv2d conv && conv.kernelWidth() == 3);
    }
}
