package org.mixdq4j.core.network.unet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.network.Shipped;

/** What each setting does, and that none which would change the network passes unnoticed. */
class UNetConfigurationsTest {
    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(
            delimiter = ';',
            value = {
                "class_embed_type; \"timestep\"",
                "encoder_hid_dim; 64",
                "encoder_hid_dim_type; \"text_proj\"",
                "dual_cross_attention; true",
                "resnet_time_scale_shift; \"scale_shift\"",
                "attention_type; \"gated\"",
                "act_fn; \"mish\"",
                "mid_block_type; \"UNetMidBlock2DSimpleCrossAttn\"",
                "down_block_types; [\"AttnDownBlock2D\", \"DownBlock2D\", \"DownBlock2D\"]",
                "up_block_types; [\"UpBlock2D\", \"SimpleCrossAttnUpBlock2D\", \"UpBlock2D\"]",
                "resnet_out_scale_factor; 1.5",
                "mid_block_scale_factor; 2",
                "time_embedding_type; \"fourier\"",
                "time_embedding_act_fn; \"silu\"",
                "timestep_post_act; \"silu\"",
                "center_input_sample; true",
                "only_cross_attention; [false, true, false]",
                "num_attention_heads; 8",
                "addition_embed_type; \"image\"",
                "resnet_skip_time_act; true",
                "num_class_embeds; 10",
                "cross_attention_norm; \"layer_norm\"",
                "class_embeddings_concat; true",
                "norm_num_groups; null",
                "block_out_channels; \"320\"",
                "block_out_channels; [16, 0, 32]",
                "layers_per_block; [2, 2]",
                "attention_head_dim; [2, 5, 4]",
                "cross_attention_dim; [48, 48, 64]",
                "downsample_padding; 2",
                "norm_eps; \"small\"",
                "use_linear_projection; 1",
                "transformer_layers_per_block; [[1, 1], 1, 2]",
                "projection_class_embeddings_input_dim; 48"
            })
    void refusedNamingFieldAndValue(String field, String value) throws JsonProcessingException {
        ObjectNode config = Shipped.config("fixtures/unet_sdxl");
        config.set(field, new ObjectMapper().readTree(value));
        assertThatThrownBy(() -> build(config))
                .isInstanceOf(MixdqException.class)
                .hasMessageStartingWith("The config.json of UNet2DConditionModel ")
                .hasMessageMatching("[^\\n]*\\.")
                .hasMessageContaining(
                        field.startsWith("transformer_layers") ? "transformer_layers_per_block" : "'" + field + "'");
    }

    @Test
    void theSentenceSaysWhatIsSupported() {
        ObjectNode config = Shipped.config("fixtures/unet_sdxl").put("class_embed_type", "timestep");
        assertThatThrownBy(() -> build(config))
                .hasMessage("The config.json of UNet2DConditionModel sets 'class_embed_type' to \"timestep\", but only"
                        + " null is supported; choose a model without this setting.");
    }

    @Test
    void aMissingFieldIsNamed() {
        ObjectNode config = Shipped.config("fixtures/unet_sdxl");
        config.remove("block_out_channels");
        assertThatThrownBy(() -> build(config)).hasMessageContaining("has no 'block_out_channels'");
    }

    @Test
    void channelsThatTheirGroupsDoNotDivideAreAContradiction() {
        ObjectNode config = Shipped.config("fixtures/unet_sdxl").put("norm_num_groups", 5);
        assertThatThrownBy(() -> build(config))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("GroupNorm cannot part 16 channels into 5 groups");
    }

    @Test
    void fieldsThatFilesOfOldVersionsLackHaveTheirDefaults() {
        ObjectNode full = Shipped.config("fixtures/unet_sd15");
        ObjectNode old = full.deepCopy()
                .retain(
                        "_class_name",
                        "act_fn",
                        "attention_head_dim",
                        "block_out_channels",
                        "center_input_sample",
                        "cross_attention_dim",
                        "down_block_types",
                        "downsample_padding",
                        "flip_sin_to_cos",
                        "freq_shift",
                        "in_channels",
                        "layers_per_block",
                        "mid_block_scale_factor",
                        "norm_eps",
                        "norm_num_groups",
                        "out_channels",
                        "sample_size",
                        "up_block_types");
        assertThat(build(old).nodes()).containsExactlyElementsOf(build(full).nodes());
    }

    @Test
    void attentionHeadDimIsTheNumberOfHeads() {
        Graph graph = build(Shipped.config("fixtures/unet_sd15"));
        Attention attention = (Attention) graph.node("down_blocks.1.attentions.0.transformer_blocks.0.attn1.attention")
                .op();
        assertThat(attention).isEqualTo(new Attention(4, 1 / Math.sqrt(8), false));
    }

    @Test
    void normsOfTransformersKeepTheirOwnEpsilon() {
        Graph graph = build(Shipped.config("fixtures/unet_sd15").put("norm_eps", 1e-3));
        assertThat(((GroupNorm) graph.node("down_blocks.0.attentions.0.norm").op()).epsilon())
                .isEqualTo(1e-6);
        assertThat(((GroupNorm) graph.node("down_blocks.0.resnets.0.norm1").op()).epsilon())
                .isEqualTo(1e-3);
    }

    @Test
    void projectionsAreConvolutionsOrMatrices() {
        assertThat(build(Shipped.config("fixtures/unet_sd15"))
                        .node("mid_block.attentions.0.proj_in")
                        .op())
                .isInstanceOf(Conv2d.class);
        assertThat(build(Shipped.config("fixtures/unet_sdxl"))
                        .node("mid_block.attentions.0.proj_in")
                        .op())
                .isInstanceOf(Linear.class);
    }

    @Test
    void depthsMayDifferWithinABlockAndOnTheWayUp() throws JsonProcessingException {
        ObjectNode config = Shipped.config("fixtures/unet_sdxl");
        config.set("transformer_layers_per_block", new ObjectMapper().readTree("[0, [2, 1], 1]"));
        config.set("reverse_transformer_layers_per_block", new ObjectMapper().readTree("[[1, 2, 3], 1, 0]"));
        Graph graph = build(config);
        assertThat(graph.contains("down_blocks.1.attentions.0.transformer_blocks.1"))
                .isTrue();
        assertThat(graph.contains("down_blocks.1.attentions.1.transformer_blocks.1"))
                .isFalse();
        assertThat(graph.contains("up_blocks.0.attentions.2.transformer_blocks.2"))
                .isTrue();
        assertThat(graph.contains("up_blocks.1.attentions.2.transformer_blocks.1"))
                .isFalse();
    }

    @Test
    void theMiddleMayLackAttentionOrBeAbsent() {
        ObjectNode config = Shipped.config("fixtures/unet_sdxl").put("mid_block_type", "UNetMidBlock2D");
        assertThat(build(config).node("mid_block").id()).isEqualTo("mid_block.resnets.0.add");
        assertThat(build(config.putNull("mid_block_type")).contains("mid_block"))
                .isFalse();
        config.remove("mid_block_type");
        assertThat(build(config).contains("mid_block.attentions.0")).isTrue();
    }

    @Test
    void layersMayDifferPerBlockAndPaddingMayBeAsymmetric() throws JsonProcessingException {
        ObjectNode config = Shipped.config("fixtures/unet_sdxl").put("downsample_padding", 0);
        config.set("layers_per_block", new ObjectMapper().readTree("[1, 2, 3]"));
        Graph graph = build(config);
        assertThat(graph.contains("up_blocks.0.resnets.3")).isTrue();
        assertThat(graph.contains("up_blocks.2.resnets.2")).isFalse();
        assertThat(((Conv2d) graph.node("down_blocks.0.downsamplers.0.conv").op()).padding())
                .isEqualTo(new Conv2d.Padding(0, 1, 0, 1));
    }

    private static Graph build(ObjectNode config) {
        return UNet2DCondition.graph(config, 1, 8, 8, 77);
    }
}
