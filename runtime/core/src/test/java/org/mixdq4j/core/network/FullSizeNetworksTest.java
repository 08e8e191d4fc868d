package org.mixdq4j.core.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.Boundary;
import org.mixdq4j.core.graph.analysis.SplitPoints;
import org.mixdq4j.core.graph.analysis.TextProjections;
import org.mixdq4j.core.tensor.Shape;

/** The published models, from their configurations alone: sizes, layers and what is derived from the wiring. */
class FullSizeNetworksTest {
    private static final Graph SDXL = graph("sdxl-turbo/unet");
    private static final Graph SD15 = graph("sd15/unet");

    @ParameterizedTest
    @CsvSource({
        "sdxl-turbo/unet, sdxl-turbo/unet",
        "sdxl-turbo/vae, sdxl-turbo/vae",
        "sdxl-turbo/text_encoder, clip_l",
        "sdxl-turbo/text_encoder_2, bigG",
        "sd3-medium/transformer, sd3-medium/transformer",
        "sd3-medium/vae, sd3-medium/vae",
        "sd3-medium/text_encoder, clip_l_proj",
        "sd3-medium/text_encoder_2, bigG",
        "sd15/unet, sd15/unet",
        "sd15/vae, sdxl-turbo/vae",
        "sd15/text_encoder, clip_l",
        "sd3-medium/text_encoder, clip_l_proj",
        "sd3-medium/text_encoder_2, bigG",
        "sd3-medium/text_encoder_3, t5-xxl",
        "sd3-medium/vae, sd3-medium/vae"
    })
    void parameterCountsArePublished(String folder, String key) {
        Map<String, Shape> parameters = new HashMap<>();
        ShippedWeightsFitTheirGraphsTest.graphs("full_size/" + folder).forEach(graph -> {
            parameters.putAll(graph.parameters());
            parameters.keySet().removeAll(graph.formulas().keySet());
        });
        long count = parameters.values().stream().mapToLong(Shape::elements).sum();
        assertThat(count)
                .isEqualTo(Shipped.json("full_size/parameters.json").get(key).longValue());
    }

    @Test
    void sdxlHasTheLayersMixdqMeasured() throws IOException {
        List<String> published;
        try (InputStream in = getClass().getResourceAsStream("sdxl_turbo_layers.txt")) {
            published = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        List<String> ids = SDXL.layers().stream().map(Node::id).toList();
        assertThat(ids).hasSize(794).containsExactlyInAnyOrderElementsOf(published);
    }

    @Test
    void sdxlSplitsNineShortcuts() {
        Map<String, List<Integer>> splits = SplitPoints.of(SDXL);
        assertThat(splits).hasSize(9);
        assertThat(new ArrayList<>(splits.values()))
                .containsExactly(
                        List.of(1280),
                        List.of(1280),
                        List.of(1280),
                        List.of(1280),
                        List.of(640),
                        List.of(640),
                        List.of(640),
                        List.of(320),
                        List.of(320));
        for (int block = 0; block < 3; block++) {
            for (int resnet = 0; resnet < 3; resnet++) {
                assertThat(splits).containsKey("up_blocks." + block + ".resnets." + resnet + ".conv_shortcut");
            }
        }
    }

    @Test
    void sd15SplitsTwelveShortcuts() {
        assertThat(SplitPoints.of(SD15)).hasSize(12);
    }

    @Test
    void textProjectionsAreKeysAndValuesOfCrossAttention() {
        assertThat(TextProjections.of(SDXL)).hasSize(140).allMatch(id -> id.matches(".*attn2\\.to_[kv]"));
        assertThat(TextProjections.of(SD15)).hasSize(32);
    }

    @Test
    void boundariesAreTheOuterConvolutions() {
        assertThat(Boundary.of(SDXL).first()).containsExactly("conv_in");
        assertThat(Boundary.of(SDXL).last()).containsExactly("conv_out");
    }

    @Test
    void idsOfWeightlessNodesLieBelowTheirModules() {
        assertThat(SDXL.contains("down_blocks.0.resnets.0.nonlinearity_1")).isTrue();
        assertThat(SDXL.node("up_blocks.1").id()).isEqualTo("up_blocks.1.upsamplers.0.conv");
        assertThat(SDXL.node("mid_block").id()).isEqualTo("mid_block.resnets.1.add");
    }

    private static Graph graph(String folder) {
        return Networks.build(Shipped.config("full_size/" + folder), new NetworkShape(1, 64, 64, 77));
    }
}
