package org.mixdq4j.core.network.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.analysis.Boundary;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.tensor.Shape;

/** Extents and settings of both halves. */
class AutoencoderKlConfigurationsTest {
    @Test
    void decoderEnlargesByEight() {
        Graph graph = AutoencoderKl.decoder(Shipped.config("fixtures/vae_sd3"), 2, 5, 7);
        assertThat(graph.shape("latent")).isEqualTo(Shape.of(2, 16, 5, 7));
        assertThat(graph.shape(graph.outputs().get("image"))).isEqualTo(Shape.of(2, 3, 40, 56));
        assertThat(graph.contains("post_quant_conv")).isFalse();
    }

    @Test
    void encoderReducesByEightRoundingDown() {
        Graph graph = AutoencoderKl.encoder(Shipped.config("fixtures/vae_sdxl"), 2, 47, 64);
        assertThat(graph.shape(graph.outputs().get("mean"))).isEqualTo(Shape.of(2, 4, 5, 8));
        assertThat(graph.shape(graph.outputs().get("logvar"))).isEqualTo(Shape.of(2, 4, 5, 8));
        assertThat(Boundary.of(graph).last()).containsExactly("quant_conv");
    }

    @Test
    void aPictureTooSmallToHalveIsRefused() {
        assertThatThrownBy(() -> AutoencoderKl.encoder(Shipped.config("fixtures/vae_sdxl"), 1, 4, 64))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("encoder.down_blocks.2.downsamplers.0.conv");
    }

    @Test
    void attentionInTheMiddleIsOptional() {
        ObjectNode config = Shipped.config("fixtures/vae_sdxl").put("mid_block_add_attention", false);
        Graph graph = AutoencoderKl.decoder(config, 1, 8, 8);
        assertThat(graph.contains("decoder.mid_block.attentions.0")).isFalse();
        assertThat(graph.contains("decoder.mid_block.resnets.1")).isTrue();
    }

    @Test
    void refusals() {
        ObjectNode config = Shipped.config("fixtures/vae_sdxl");
        assertThatThrownBy(() -> AutoencoderKl.decoder(config.deepCopy().put("act_fn", "relu"), 1, 8, 8))
                .hasMessageContaining("sets 'act_fn' to \"relu\"");
        ObjectNode quantized = config.deepCopy();
        quantized.putObject("quantization_config").put("quant_method", "bitsandbytes");
        assertThatThrownBy(() -> AutoencoderKl.decoder(quantized, 1, 8, 8))
                .hasMessageContainingAll("quantized by another tool", "bitsandbytes", "float model");
        ObjectNode short3 = config.deepCopy();
        short3.putArray("up_block_types").add("UpDecoderBlock2D");
        assertThatThrownBy(() -> AutoencoderKl.decoder(short3, 1, 8, 8))
                .hasMessageContaining("has 1 blocks in 'up_block_types', expected 4");
    }
}
