package org.mixdq4j.core.network.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.tensor.Shape;

/** What CLIP's settings do. */
class ClipConfigurationsTest {
    @Test
    void theEndOfTextIsTheConfiguredIdExceptForPublishedFiles() {
        ObjectNode config = Shipped.config("fixtures/clip_l");
        assertThat(pool(config)).isEqualTo(new PoolToken(599));
        assertThat(pool(config.put("eos_token_id", 2))).isEqualTo(new PoolToken(PoolToken.HIGHEST_ID));
    }

    @ParameterizedTest
    @CsvSource({"quick_gelu, QUICK_GELU", "gelu, GELU", "gelu_new, GELU_TANH"})
    void activations(String name, Activate.Function function) {
        Graph graph = ClipText.graph(Shipped.config("fixtures/clip_l").put("hidden_act", name), 1);
        assertThat(graph.node("text_model.encoder.layers.0.mlp.activation_fn").op())
                .isEqualTo(new Activate(function));
    }

    @Test
    void outputsOfATextEncoder() {
        Graph graph = ClipText.graph(Shipped.config("fixtures/clip_l"), 2);
        assertThat(graph.outputs())
                .containsEntry("last_hidden_state", "text_model.final_layer_norm")
                .containsEntry(
                        "penultimate", graph.node("text_model.encoder.layers.1").id())
                .containsKey("pooler_output");
        assertThat(graph.shape("input_ids")).isEqualTo(Shape.of(2, 77));
        Graph projected = ClipText.graph(Shipped.config("fixtures/clip_g"), 2);
        assertThat(projected.outputs())
                .containsEntry("text_embeds", "text_projection")
                .doesNotContainKey("pooler_output");
        assertThat(projected.shape("text_projection")).isEqualTo(Shape.of(2, 24));
    }

    @Test
    void onlyTextAttendsCausally() {
        Graph graph = ClipDual.graph(Shipped.config("fixtures/clip_dual"), 2, 3);
        assertThat(attention(graph, "text_model").causal()).isTrue();
        assertThat(attention(graph, "vision_model").causal()).isFalse();
    }

    @Test
    void fieldsAbsentFromAPairHaveTheDefaultsOfTransformers() {
        ObjectNode config = Shipped.config("fixtures/clip_dual");
        config.putObject("text_config");
        config.putObject("vision_config").put("patch_size", 16);
        config.remove("projection_dim");
        Graph graph = ClipDual.graph(config, 1, 1);
        assertThat(graph.parameters())
                .containsEntry("text_model.embeddings.token_embedding.weight", Shape.of(49408, 512))
                .containsEntry("vision_model.embeddings.position_embedding.weight", Shape.of(197, 768))
                .containsEntry("vision_model.encoder.layers.11.mlp.fc1.weight", Shape.of(3072, 768))
                .containsEntry("visual_projection.weight", Shape.of(512, 768));
        assertThat(attention(graph, "text_model").heads()).isEqualTo(8);
        assertThat(graph.nodes()).anyMatch(node -> node.op().equals(new PoolToken(49407)));
    }

    @Test
    void refusals() {
        assertThatThrownBy(() -> pool(Shipped.config("fixtures/clip_l").put("hidden_act", "relu")))
                .hasMessageContaining("sets 'hidden_act' to \"relu\", but only \"quick_gelu\" or");
        assertThatThrownBy(() -> pool(Shipped.config("fixtures/clip_l").put("num_attention_heads", 5)))
                .hasMessageContaining("has 5 heads in 'num_attention_heads', expected a divisor of the 32 features");
        assertThatThrownBy(() ->
                        ClipDual.graph(Shipped.config("fixtures/clip_dual").put("text_config", 3), 1, 1))
                .hasMessageContaining("CLIPModel ('text_config') holds 3");
    }

    private static PoolToken pool(ObjectNode config) {
        return (PoolToken) ClipText.graph(config, 1).node("text_model.pooled").op();
    }

    private static Attention attention(Graph graph, String tower) {
        return (Attention)
                graph.node(tower + ".encoder.layers.0.self_attn.attention").op();
    }
}
