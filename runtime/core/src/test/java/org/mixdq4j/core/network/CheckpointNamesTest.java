package org.mixdq4j.core.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.clip.ClipText;
import org.mixdq4j.core.network.unet.UNet2DCondition;
import org.mixdq4j.core.network.vae.AutoencoderKl;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.WeightSource;

/** Files with older names are read; files of another model are refused. */
class CheckpointNamesTest {
    private static final Graph CLIP = ClipText.graph(Shipped.config("fixtures/clip_l"), 1);
    private static final Graph DECODER = AutoencoderKl.decoder(Shipped.config("fixtures/vae_sdxl"), 1, 8, 8);
    private static final Graph UNET = UNet2DCondition.graph(Shipped.config("fixtures/unet_sdxl"), 1, 8, 8, 77);

    @Test
    void aTextEncoderMayLackItsPrefix() {
        WeightSource adapted = CheckpointNames.adapt(Shipped.weights("fixtures/clip_l"), CLIP);
        assertThat(adapted.names()).containsExactlyElementsOf(CLIP.parameters().keySet());
        assertThat(adapted.tensor("text_model.final_layer_norm.bias").shape()).isEqualTo(Shape.of(32));
    }

    @Test
    void attentionOfOldAutoencodersIsRenamedAndFlattened() {
        Map<String, Shape> old = new LinkedHashMap<>();
        DECODER.parameters().forEach((name, shape) -> {
            String renamed = name.replace("to_q", "query")
                    .replace("to_k", "key")
                    .replace("to_v", "value")
                    .replace("to_out.0", "proj_attn");
            boolean matrix = !renamed.equals(name) && shape.rank() == 2;
            old.put(renamed, matrix ? Shape.of(shape.dim(0), shape.dim(1), 1, 1) : shape);
        });
        WeightSource adapted = CheckpointNames.adapt(new HeaderWeights(old), DECODER);
        assertThat(adapted.names())
                .containsExactlyInAnyOrderElementsOf(DECODER.parameters().keySet());
        assertThat(adapted.tensor("decoder.mid_block.attentions.0.to_q.weight").shape())
                .isEqualTo(Shape.of(16, 16));
    }

    @Test
    void convolutionsStayConvolutions() {
        Graph sd15 = UNet2DCondition.graph(Shipped.config("fixtures/unet_sd15"), 1, 8, 8, 77);
        assertThat(CheckpointNames.adapt(Shipped.weights("fixtures/unet_sd15"), sd15)
                        .shape("mid_block.attentions.0.proj_in.weight"))
                .isEqualTo(Shape.of(32, 32, 1, 1));
    }

    @Test
    void buffersAndOtherPartsOfAModelAreIgnored() {
        Map<String, Shape> shapes = new LinkedHashMap<>(CLIP.parameters());
        shapes.put("text_model.embeddings.position_ids", Shape.of(1, 77));
        shapes.put("vision_model.post_layernorm.weight", Shape.of(32));
        shapes.put("logit_scale", Shape.of());
        assertThat(CheckpointNames.adapt(new HeaderWeights(shapes), CLIP).names())
                .containsExactlyElementsOf(CLIP.parameters().keySet());
    }

    @Test
    void aMissingTensorIsNamed() {
        Map<String, Shape> shapes = new LinkedHashMap<>(UNET.parameters());
        shapes.remove("conv_in.bias");
        assertThatThrownBy(() -> CheckpointNames.adapt(new HeaderWeights(shapes), UNET))
                .isInstanceOf(MixdqException.class)
                .hasMessage("The weights of UNet2DConditionModel have no tensor 'conv_in.bias', expected one of shape"
                        + " [16]: config.json and weights do not belong together, take both from the same model"
                        + " folder.");
    }

    @Test
    void anotherShapeIsNamed() {
        Map<String, Shape> shapes = new LinkedHashMap<>(UNET.parameters());
        shapes.put("conv_in.weight", Shape.of(16, 9, 3, 3));
        assertThatThrownBy(() -> CheckpointNames.check(new HeaderWeights(shapes), UNET))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("hold 'conv_in.weight' with shape [16, 9, 3, 3], expected [16, 4, 3, 3]: ");
    }

    @Test
    void layersTheConfigurationDoesNotKnowAreRefused() {
        String deeper = "down_blocks.2.attentions.0.transformer_blocks.2.attn1.to_q.weight";
        Map<String, Shape> shapes = new LinkedHashMap<>(UNET.parameters());
        shapes.put(deeper, Shape.of(32, 32));
        assertThatThrownBy(() -> CheckpointNames.adapt(new HeaderWeights(shapes), UNET))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("hold '" + deeper + "', expected no such tensor");
        Map<String, Shape> latent =
                new LinkedHashMap<>(AutoencoderKl.decoder(Shipped.config("fixtures/vae_sd3"), 1, 8, 8)
                        .parameters());
        latent.put("post_quant_conv.weight", Shape.of(16, 16, 1, 1));
        assertThatThrownBy(() -> CheckpointNames.adapt(
                        new HeaderWeights(latent), AutoencoderKl.decoder(Shipped.config("fixtures/vae_sd3"), 1, 8, 8)))
                .hasMessageContaining("hold 'post_quant_conv.weight'");
    }
}
