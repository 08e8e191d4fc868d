package org.mixdq4j.core.network.mmdit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.tensor.Shape;

/** What each setting does, and that none which would change the network passes unnoticed. */
class MmditConfigurationsTest {
    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(
            delimiter = ';',
            value = {
                "qk_norm; \"layer_norm\"",
                "caption_projection_dim; 32",
                "attention_head_dim; 15",
                "dual_attention_layers; [3]",
                "dual_attention_layers; [-1]",
                "dual_attention_layers; 1",
                "dual_attention_layers; [0.5]",
                "num_layers; 0",
                "patch_size; \"2\"",
                "patch_size; 17",
                "pos_embed_max_size; null"
            })
    void refusedNamingFieldAndValue(String field, String value) throws JsonProcessingException {
        ObjectNode config = Shipped.config("fixtures/mmdit_sd35");
        config.set(field, new ObjectMapper().readTree(value));
        String named = field.equals("attention_head_dim") ? "caption_projection_dim" : field;
        assertThatThrownBy(() -> build(config))
                .isInstanceOf(MixdqException.class)
                .hasMessageStartingWith("The config.json of SD3Transformer2DModel ")
                .hasMessageMatching("[^\\n]*\\.")
                .hasMessageContaining("'" + named + "'");
    }

    @Test
    void featuresThatNoSinusoidsFillAreAContradiction() {
        ObjectNode config = Shipped.config("fixtures/mmdit_sd3");
        config.put("attention_head_dim", 7).put("num_attention_heads", 2).put("caption_projection_dim", 14);
        assertThatThrownBy(() -> build(config))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("cannot fill 14 features");
    }

    @ParameterizedTest
    @CsvSource({"15, 16, height", "16, 50, width", "0, 16, height"})
    void sizesWithoutAWholeNumberOfPlacesAreRefused(int height, int width, String named) {
        assertThatThrownBy(() -> SD3Transformer2D.graph(Shipped.config("fixtures/mmdit_sd3"), 1, height, width, 7))
                .isInstanceOf(MixdqException.class)
                .hasMessageMatching("The " + named + " .*[^\\n]*\\.");
    }

    @Test
    void theLargestGridNeedsAllPlaces() {
        Graph graph = SD3Transformer2D.graph(Shipped.config("fixtures/mmdit_sd3"), 1, 48, 48, 7);
        assertThat(graph.shape("pos_embed.places")).isEqualTo(Shape.of(1, 576, 64));
    }

    @Test
    void fieldsThatFilesLackHaveTheirDefaults() {
        ObjectNode full = Shipped.config("full_size/sd3-medium/transformer");
        ObjectNode old = full.deepCopy();
        old.remove(List.of("dual_attention_layers", "qk_norm", "patch_size", "in_channels", "sample_size"));
        old.remove(List.of("out_channels", "attention_head_dim", "joint_attention_dim"));
        old.remove("pooled_projection_dim");
        assertThat(build(old).nodes()).containsExactlyElementsOf(build(full).nodes());
    }

    @Test
    void outputsMayDifferInChannels() {
        ObjectNode config = Shipped.config("fixtures/mmdit_sd3").put("in_channels", 4);
        assertThat(sample(build(config.put("out_channels", 8)))).isEqualTo(Shape.of(1, 8, 16, 16));
        assertThat(sample(build(config.putNull("out_channels")))).isEqualTo(Shape.of(1, 4, 16, 16));
    }

    @Test
    void normsOfHeadsAndSecondAttentionsAreWhereTheyAreAskedFor() throws JsonProcessingException {
        ObjectNode config = Shipped.config("fixtures/mmdit_sd35");
        config.set("dual_attention_layers", new ObjectMapper().readTree("[1, 2]"));
        Graph graph = build(config);
        assertThat(graph.contains("transformer_blocks.0.attn2")).isFalse();
        assertThat(graph.contains("transformer_blocks.1.attn2")).isTrue();
        assertThat(graph.contains("transformer_blocks.2.attn2"))
                .as("the last block")
                .isTrue();
        assertThat(graph.node("transformer_blocks.2.attn2.norm_q").op()).isEqualTo(new RmsNorm(16, 1e-6));
        assertThat(graph.node("transformer_blocks.2.attn.attention").op()).isEqualTo(new Attention(4, 0.25, false));
        assertThat(build(config.putNull("qk_norm")).contains("transformer_blocks.0.attn.norm_q"))
                .isFalse();
    }

    private static Graph build(ObjectNode config) {
        return SD3Transformer2D.graph(config, 1, 16, 16, 7);
    }

    private static Shape sample(Graph graph) {
        return graph.shape(graph.outputs().get("sample"));
    }
}
