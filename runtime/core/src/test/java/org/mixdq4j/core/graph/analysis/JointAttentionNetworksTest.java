package org.mixdq4j.core.graph.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.Shipped;

/** What is derived from the wiring of MMDiTs, and what of it holds for UNets. */
class JointAttentionNetworksTest {
    /** Without T5: 77 tokens of both CLIP encoders and as many zeros. */
    private static final int TOKENS = 154;

    private static final Graph MEDIUM = graph("full_size/sd3-medium/transformer", 64);
    private static final Graph DUAL = graph("fixtures/mmdit_sd35", 16);

    private static Graph graph(String folder, int side) {
        return Networks.build(Shipped.config(folder), new NetworkShape(1, side, side, TOKENS));
    }

    private static Set<String> content(Graph graph) {
        return LayerGroups.of(graph).entrySet().stream()
                .filter(entry -> entry.getValue() == LayerGroup.CONTENT)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private static Set<String> matching(Graph graph, String pattern) {
        return graph.layers().stream()
                .map(Node::id)
                .filter(id -> id.matches(pattern))
                .collect(Collectors.toSet());
    }

    private static long sum(Map<String, Long> sizes, Set<String> ids) {
        return ids.stream().mapToLong(sizes::get).sum();
    }

    /**
     * A block has 6 projections into the joint attention and 2 out of it, 4 feed-forward layers and 2 of modulation; the
     * last lacks the text's projection out and feed-forward layers. Around them are the patches, 4 layers that embed
     * timestep and text, one that embeds tokens, and 2 at the end.
     */
    @Test
    void mediumHasTwentyFourBlocks() {
        assertThat(MEDIUM.layers()).hasSize(24 * 14 - 3 + 8);
        assertThat(MEDIUM.shape("proj_out").toString()).isEqualTo("[1, 1024, 64]");
    }

    @ParameterizedTest
    @CsvSource({"full_size/sd3-medium/transformer, 64", "fixtures/mmdit_sd35, 16", "models/tiny-sd3/transformer, 12"})
    void contentIsTheTextsStreamAndWhatTheJointAttentionReads(String folder, int side) {
        Graph graph = graph(folder, side);
        assertThat(content(graph))
                .isEqualTo(matching(
                        graph,
                        "context_embedder|.*\\.attn\\.(to_[qkv]|add_[qkv]_proj|to_add_out)|.*\\.ff_context\\..*"));
    }

    @Test
    void groupsOfMediumHaveTheseSizes() {
        Map<String, Long> weights = LayerSizes.weights(MEDIUM);
        long square = 1536L * 1536;
        Set<String> content = content(MEDIUM);
        Set<String> quality = new HashSet<>(weights.keySet());
        quality.removeAll(content);
        // Six projections in each block, then the text's way out and its feed-forward layers in all but the last.
        assertThat(sum(weights, content)).isEqualTo(4096L * 1536 + 24 * 6 * square + 23 * (1 + 8) * square);
        // The picture's way out and feed-forward layers; modulation, of which the last text norm needs a third; the
        // rest.
        long modulation = (24 * 6 + 23 * 6 + 2 + 2) * square;
        long embedders = 256L * 1536 + 2048L * 1536 + 2 * square;
        long ends = 64L * 1536 + 1536L * 64;
        assertThat(sum(weights, quality)).isEqualTo(24 * (1 + 8) * square + modulation + embedders + ends);
    }

    @Test
    void inputsOfMediumAreTheTokensEachLayerReads() {
        assertThat(LayerSizes.inputs(MEDIUM))
                .containsEntry("pos_embed.proj", 16L * 64 * 64)
                .containsEntry("context_embedder", 154L * 4096)
                .containsEntry("transformer_blocks.3.attn.to_q", 1024L * 1536)
                .containsEntry("transformer_blocks.3.attn.add_q_proj", 154L * 1536)
                .containsEntry("transformer_blocks.3.norm1.linear", 1536L)
                .containsEntry("transformer_blocks.3.ff.net.2", 1024L * 4 * 1536);
    }

    @Test
    void oneLayerReadsTheTokensOfTheText() {
        assertThat(TextProjections.of(MEDIUM)).containsExactly("context_embedder");
        assertThat(TextProjections.of(DUAL)).containsExactly("context_embedder");
    }

    @Test
    void boundariesArePatchesAndTheirProjection() {
        assertThat(Boundary.of(MEDIUM).first()).containsExactly("pos_embed.proj");
        assertThat(Boundary.of(MEDIUM).last()).containsExactly("proj_out");
        assertThat(SplitPoints.of(MEDIUM)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"full_size/sd3-medium/transformer, 64", "fixtures/mmdit_sd35, 16", "models/tiny-sd3/transformer, 12"})
    void rowLayersAreEmbeddersAndModulation(String folder, int side) {
        Graph graph = graph(folder, side);
        assertThat(RowLayers.of(graph)).isEqualTo(matching(graph, "time_text_embed\\..*|.*norm[^.]*\\.linear"));
    }

    /** As many parameters as ViDiT-Q leaves in 16 bits, and no product worth mentioning. */
    @Test
    void modulationIsAThirdOfMedium() {
        Set<String> modulation = new HashSet<>(RowLayers.of(MEDIUM));
        modulation.removeIf(id -> id.startsWith("time_text_embed"));
        assertThat(modulation).hasSize(2 * 24 + 1);
        assertThat((double) sum(LayerSizes.weights(MEDIUM), modulation) / MEDIUM.parameterCount())
                .isBetween(0.332, 0.334);
    }

    @Test
    void rowLayersOfUNetsAreTheirTimeEmbeddings() {
        Graph sdxl = Networks.build(Shipped.config("full_size/sdxl-turbo/unet"), new NetworkShape(1, 64, 64, 77));
        Set<String> embeddings = matching(sdxl, "(time|add)_embedding\\.linear_[12]|.*\\.time_emb_proj");
        // 17 resnets and 2 layers for each of timestep and sizes.
        assertThat(RowLayers.of(sdxl)).hasSize(17 + 4).isEqualTo(embeddings);
    }

    /** With one token a sequence is still one. */
    @Test
    void aSequenceOfOneTokenIsNoRow() {
        Graph one = Networks.build(Shipped.config("fixtures/mmdit_sd3"), new NetworkShape(1, 2, 2, 1));
        assertThat(RowLayers.of(one)).isNotEmpty().noneMatch(id -> id.contains("attn") || id.contains("ff"));
    }
}
