package org.mixdq4j.core.network.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.network.layout.ForeignView;
import org.mixdq4j.core.network.layout.OwnView;
import org.mixdq4j.core.network.layout.TensorMatch;
import org.mixdq4j.core.tensor.Shape;

/** Every tensor of the checkpoints that are published, from the original implementations, against our graphs. */
class PublishedCheckpointsTest {
    private static final Path FILE = Path.of("model.safetensors");

    private static ObjectNode config(Family family, FilePart part, NamesAndShapes file) {
        ObjectNode config = family.published().config(part.component()).deepCopy();
        part.sizes().accept(config, new TensorShapes(FILE, file, part.prefix()));
        return config;
    }

    /** Tensors that are no parameters, or of no use. */
    private static boolean ignored(String checkpoint, String name) {
        return name.endsWith("position_ids")
                || name.endsWith("logit_scale")
                || name.endsWith("encoder.embed_tokens.weight")
                || checkpoint.equals("sd21") && (name.contains(".resblocks.23.") || name.endsWith("text_projection"));
    }

    @ParameterizedTest
    @CsvSource({
        "sd15, SD1, unet;vae;text_encoder",
        "sd21, SD2, unet;vae;text_encoder",
        "sdxl, SDXL, unet;vae;text_encoder;text_encoder_2",
        "sd3-medium, SD3, transformer;vae;text_encoder;text_encoder_2;text_encoder_3",
        "sd35-medium, SD3, transformer;vae",
        "sd35-large, SD3, transformer;vae",
    })
    void everyTensorIsAParameterAndEveryParameterATensor(String name, String family, String components) {
        NamesAndShapes file = NamesAndShapes.published(name);
        FileContents contents = FileContents.of(FILE, file);
        assertThat(contents.family().name()).isEqualTo(family);
        assertThat(contents.parts().keySet()).containsExactlyInAnyOrder(components.split(";"));
        Map<String, Shape> back = new LinkedHashMap<>();
        for (FilePart part : contents.parts().values()) {
            JsonNode config = config(contents.family(), part, file);
            Map<String, Shape> parameters = ComponentGraphs.parameters(part.component(), config);
            List<TensorMatch> matches = part.layout().under(part.prefix()).match(parameters.keySet());
            OwnView own = new OwnView(file, part.prefix(), matches, parameters);
            Map<String, Shape> found = own.names().stream().collect(Collectors.toMap(n -> n, own::shape));
            assertThat(found).as(part.component()).isEqualTo(parameters);
            ForeignView foreign = new ForeignView(own, matches);
            foreign.names().forEach(n -> back.put(n, foreign.shape(n)));
        }
        Map<String, Shape> all = new LinkedHashMap<>(file.shapes());
        all.keySet().removeIf(n -> ignored(name, n));
        // What the file leaves out because it is the identity is written.
        back.keySet().remove("text_encoders.clip_l.transformer.text_projection.weight");
        assertThat(back).isEqualTo(all);
    }

    @ParameterizedTest
    @CsvSource({"sd15, SD1", "sd21, SD2", "sdxl, SDXL", "sd3-medium, SD3"})
    void theSizesOfPublishedModelsAreThoseOfTheirConfigurations(String name, String family) {
        NamesAndShapes file = NamesAndShapes.published(name);
        FileContents contents = FileContents.of(FILE, file);
        for (FilePart part : contents.parts().values()) {
            JsonNode published = Family.valueOf(family).published().config(part.component());
            assertThat((JsonNode) config(contents.family(), part, file))
                    .as(part.component())
                    .isEqualTo(published);
        }
    }

    @Test
    void newerTransformersAreToldFromTheirTensors() {
        NamesAndShapes medium = NamesAndShapes.published("sd35-medium");
        JsonNode config =
                config(Family.SD3, FileContents.of(FILE, medium).parts().get("transformer"), medium);
        assertThat(config.path("dual_attention_layers")).hasSize(13);
        assertThat(config.path("qk_norm").asText()).isEqualTo("rms_norm");
        assertThat(config.path("pos_embed_max_size").asInt()).isEqualTo(384);
        NamesAndShapes large = NamesAndShapes.published("sd35-large");
        config = config(Family.SD3, FileContents.of(FILE, large).parts().get("transformer"), large);
        assertThat(config.path("num_layers").asInt()).isEqualTo(38);
        assertThat(config.path("num_attention_heads").asInt()).isEqualTo(38);
        assertThat(config.path("dual_attention_layers")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"sd15, SD1", "sd21, SD2", "sdxl, SDXL", "sd3-medium, SD3", "sd35-medium, SD3", "sd35-large, SD3"})
    void theDenoiserAloneIsKnownWithAndWithoutItsPrefix(String name, String family) {
        NamesAndShapes file = NamesAndShapes.published(name);
        String prefix = "model.diffusion_model.";
        for (String other : List.of(prefix, "diffusion_model.", "")) {
            Map<String, Shape> alone = new LinkedHashMap<>();
            file.shapes().forEach((n, shape) -> {
                if (n.startsWith(prefix)) {
                    alone.put(other + n.substring(prefix.length()), shape);
                }
            });
            FileContents contents = FileContents.of(FILE, new NamesAndShapes(alone));
            assertThat(contents.family().name()).isEqualTo(family);
            assertThat(contents.parts()).hasSize(1);
        }
    }

    @Test
    void whatIsNoBaseModelIsRefusedByName() {
        NamesAndShapes refiner = NamesAndShapes.published("sdxl-refiner");
        assertThatThrownBy(() -> FileContents.of(FILE, refiner))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("holds the refiner of Stable Diffusion XL");
        refused(Map.of("double_blocks.0.img_attn.qkv.weight", Shape.of(3, 1)), "holds a FLUX transformer");
        refused(
                Map.of("lora_unet_input_blocks_1_1_proj_in.lora_down.weight", Shape.of(4, 8)),
                "holds a LoRA",
                "give the model it is for");
        refused(
                Map.of("down_blocks.0.resnets.0.conv1.weight", Shape.of(8, 8, 3, 3)),
                "one network in diffusers' names");
        refused(Map.of("weird.weight", Shape.of(1)), "holds no network that is known ('weird.weight', ...)");
        Map<String, Shape> playground =
                new LinkedHashMap<>(NamesAndShapes.published("sdxl").shapes());
        playground.put("edm_mean", Shape.of(1, 4, 1, 1));
        refused(playground, "trained on EDM's noise levels");
    }

    private static void refused(Map<String, Shape> tensors, String... parts) {
        assertThatThrownBy(() -> FileContents.of(FILE, new NamesAndShapes(tensors)))
                .isInstanceOf(MixdqException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
