package org.mixdq4j.core.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.vae.AutoencoderKl;
import org.mixdq4j.core.tensor.Shape;

/** Parameter names and shapes of every graph are exactly those of the files that ship, and taps have their shapes. */
class ShippedWeightsFitTheirGraphsTest {
    private static final String TINY = "models/tiny-sdxl-turbo/";
    private static final String TINY_SD3 = "models/tiny-sd3/";

    static Stream<String> folders() {
        Stream<String> fixtures = Shipped.fixtures("unet_", "clip_", "vae_", "mmdit_", "t5").stream()
                .map(Shipped::modelOf)
                .distinct();
        return Stream.concat(
                fixtures,
                Stream.of(
                        TINY + "unet",
                        TINY + "vae",
                        TINY + "text_encoder",
                        TINY + "text_encoder_2",
                        TINY_SD3 + "transformer",
                        TINY_SD3 + "text_encoder",
                        TINY_SD3 + "text_encoder_2",
                        TINY_SD3 + "text_encoder_3",
                        TINY_SD3 + "vae"));
    }

    @ParameterizedTest
    @MethodSource("folders")
    void namesAndShapesEqual(String folder) {
        HeaderWeights weights = Shipped.weights(folder);
        Map<String, Shape> parameters = new HashMap<>();
        for (Graph graph : graphs(folder)) {
            CheckpointNames.adapt(weights, graph);
            parameters.putAll(graph.parameters());
        }
        Map<String, Shape> stored = new HashMap<>();
        boolean bare = folder.equals("fixtures/clip_l");
        weights.shapes().forEach((name, shape) -> stored.put(bare ? "text_model." + name : name, shape));
        assertThat(parameters).isEqualTo(stored);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unet_sdxl",
                "unet_sdxl_nonsquare",
                "unet_sd15",
                "unet_lcm",
                "vae_sdxl",
                "vae_sd3",
                "mmdit_sd3",
                "mmdit_sd3_nonsquare",
                "mmdit_sd35"
            })
    void inputsOutputsAndTapsHaveTheRecordedShapes(String fixture) {
        Map<String, Shape> io = HeaderWeights.read(Shipped.path("fixtures/" + fixture + "/io.safetensors"))
                .shapes();
        String folder = Shipped.modelOf(fixture);
        Shape sample = Stream.of("in.sample", "in.latent", "in.hidden_states")
                .filter(io::containsKey)
                .map(io::get)
                .findFirst()
                .orElseThrow();
        NetworkShape shape = new NetworkShape(
                sample.dim(0),
                sample.dim(2),
                sample.dim(3),
                io.containsKey("in.encoder_hidden_states")
                        ? io.get("in.encoder_hidden_states").dim(1)
                        : 0);
        Graph graph = Networks.build(Shipped.config(folder), shape);
        io.forEach((name, expected) -> {
            String value = name.substring(name.indexOf('.') + 1);
            if (name.startsWith("tap.")) {
                assertThat(graph.node(value).shape()).as(name).isEqualTo(expected);
            } else if (name.startsWith("out.") && graph.outputs().containsKey(value)) {
                assertThat(graph.shape(graph.outputs().get(value))).as(name).isEqualTo(expected);
            } else if (name.startsWith("in.") && graph.inputs().containsKey(value)) {
                assertThat(graph.inputs().get(value).shape()).as(name).isEqualTo(expected);
            } else {
                assertThat(folder).as("value %s is of the encoder", name).contains("vae");
            }
        });
        assertThat(io.keySet())
                .containsAll(graph.inputs().keySet().stream()
                        .map(name -> "in." + name)
                        .toList());
    }

    static List<Graph> graphs(String folder) {
        NetworkShape shape = new NetworkShape(1, 8, 8, 77);
        Graph graph = Networks.build(Shipped.config(folder), shape);
        return Networks.architecture(Shipped.config(folder)).equals("AutoencoderKL")
                ? List.of(graph, AutoencoderKl.encoder(Shipped.config(folder), 1, 64, 64))
                : List.of(graph);
    }
}
