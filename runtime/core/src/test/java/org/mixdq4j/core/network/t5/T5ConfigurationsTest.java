package org.mixdq4j.core.network.t5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.tensor.Shape;

/** What T5's settings do. */
class T5ConfigurationsTest {
    private static final String FEED_FORWARD = "encoder.block.1.layer.1.DenseReluDense.";

    @ParameterizedTest
    @CsvSource({
        "gated-gelu, gelu_new, true, GELU_TANH",
        "relu, relu, false, RELU",
        "gelu, gelu, false, GELU",
        "gated-silu, silu, true, SILU"
    })
    void feedForward(String projection, String activation, boolean gated, Activate.Function function) {
        ObjectNode config = config().put("feed_forward_proj", projection)
                .put("dense_act_fn", activation)
                .put("is_gated_act", gated);
        Graph graph = graph(config);
        assertThat(graph.node(FEED_FORWARD + "act").op()).isEqualTo(new Activate(function));
        assertThat(graph.contains(FEED_FORWARD + "wi_1")).isEqualTo(gated);
        assertThat(graph.contains(FEED_FORWARD + "wi")).isNotEqualTo(gated);
        config.remove(List.of("dense_act_fn", "is_gated_act"));
        assertThat(graph(config).nodes()).containsExactlyElementsOf(graph.nodes());
    }

    @Test
    void allBlocksShareTheBiasOfTheFirst() {
        Graph graph = graph(config());
        List<Node> tables = graph.nodes().stream()
                .filter(node -> node.op() instanceof RelativeBias)
                .toList();
        assertThat(tables)
                .extracting(Node::id)
                .containsExactly("encoder.block.0.layer.0.SelfAttention.relative_attention_bias");
        assertThat(graph.nodes().stream()
                        .filter(node -> node.inputs().contains(tables.get(0).id())))
                .hasSize(3);
    }

    @Test
    void fieldsAbsentHaveTheDefaultsOfTransformers() {
        ObjectNode config = config();
        config.retain("architectures");
        Graph graph = graph(config);
        assertThat(graph.parameters())
                .containsEntry("shared.weight", Shape.of(32128, 512))
                .containsEntry("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", Shape.of(32, 8))
                .containsEntry("encoder.block.5.layer.1.DenseReluDense.wi.weight", Shape.of(2048, 512));
        assertThat(graph.shape("input_ids")).isEqualTo(Shape.of(2, 9));
    }

    @Test
    void refusals() {
        refused(config().put("head_dim", 7), "sets 'head_dim' to 7, a setting that changes the network");
        refused(config().put("is_decoder", true), "sets 'is_decoder' to true, but only false");
        refused(config().put("feed_forward_proj", "swiglu"), "sets 'feed_forward_proj' to \"swiglu\", but only");
        refused(config().put("dense_act_fn", "relu"), "has relu in 'dense_act_fn', expected gelu_new as");
        refused(config().put("is_gated_act", false), "has false in 'is_gated_act', expected true as");
        refused(config().put("relative_attention_num_buckets", 30), "expected a multiple of 4");
        refused(config().put("d_kv", "wide"), "'d_kv'");
    }

    private static void refused(JsonNode config, String message) {
        assertThatThrownBy(() -> graph(config))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(message);
    }

    private static Graph graph(JsonNode config) {
        return T5Encoder.graph(config, 2, 9);
    }

    private static ObjectNode config() {
        return Shipped.config("fixtures/t5");
    }
}
