package org.mixdq4j.core.network.unet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.tensor.Shape;

/** Latents of any extents come back with the same extents; inputs follow from the configuration. */
class UNetExtentsTest {
    @ParameterizedTest
    @CsvSource({"13, 17", "16, 8", "1, 1", "5, 64", "12, 20", "2, 3"})
    void outputHasTheExtentsOfTheInput(int height, int width) {
        Graph graph = UNet2DCondition.graph(Shipped.config("fixtures/unet_sdxl"), 2, height, width, 77);
        assertThat(graph.shape("conv_out")).isEqualTo(Shape.of(2, 4, height, width));
    }

    @Test
    void oddExtentsAreReachedByResizingToTheSkipConnection() {
        Graph graph = UNet2DCondition.graph(Shipped.config("fixtures/unet_sdxl"), 1, 13, 17, 77);
        assertThat(graph.shape("mid_block")).isEqualTo(Shape.of(1, 32, 4, 5));
        assertThat(graph.node("up_blocks.0.upsamplers.0.resize").op()).isEqualTo(new UpsampleNearest(7, 9));
        assertThat(graph.node("up_blocks.1.upsamplers.0.resize").op()).isEqualTo(new UpsampleNearest(13, 17));
    }

    @Test
    void inputsFollowTheConfiguration() {
        assertThat(UNet2DCondition.graph(Shipped.config("fixtures/unet_sd15"), 1, 8, 8, 77)
                        .inputs())
                .containsOnlyKeys("sample", "timestep", "encoder_hidden_states");
        Graph lcm = UNet2DCondition.graph(Shipped.config("fixtures/unet_lcm"), 3, 8, 8, 20);
        assertThat(lcm.shape("timestep_cond")).isEqualTo(Shape.of(3, 24));
        assertThat(lcm.shape("text_embeds")).isEqualTo(Shape.of(3, 32));
        assertThat(lcm.shape("encoder_hidden_states")).isEqualTo(Shape.of(3, 20, 48));
    }

    @Test
    void theRefinerHasFiveTimeIdsAndMorePooledText() {
        Graph graph = UNet2DCondition.graph(Shipped.config("fixtures/unet_sdxl"), 1, 8, 8, 77, 5);
        assertThat(graph.shape("time_ids")).isEqualTo(Shape.of(1, 5));
        assertThat(graph.shape("text_embeds")).isEqualTo(Shape.of(1, 40));
    }

    @Test
    void anEmptyPictureIsRefused() {
        assertThatThrownBy(() -> UNet2DCondition.graph(Shipped.config("fixtures/unet_sdxl"), 1, 0, 8, 77))
                .isInstanceOf(MixdqException.class)
                .hasMessage("The height asked of a network is 0, expected at least 1.");
    }
}
