package org.mixdq4j.core.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;

/** Which builder a config.json calls for. */
class NetworksTest {
    @ParameterizedTest
    @CsvSource({
        "unet_sd15, UNet2DConditionModel",
        "vae_sd3, AutoencoderKL decoder",
        "clip_l, CLIPTextModel",
        "clip_g, CLIPTextModelWithProjection",
        "clip_dual, CLIPModel"
    })
    void dispatchesOnTheArchitecture(String fixture, String name) {
        assertThat(Networks.build(Shipped.config("fixtures/" + fixture), new NetworkShape(1, 8, 8, 77))
                        .name())
                .isEqualTo(name);
    }

    @Test
    void aForeignArchitectureIsRefusedWithTheList() {
        ObjectNode config = JsonNodeFactory.instance.objectNode().put("_class_name", "FluxTransformer2DModel");
        assertThatThrownBy(() -> Networks.build(config, NetworkShape.texts(1)))
                .isInstanceOf(MixdqException.class)
                .hasMessageStartingWith("The config.json describes the architecture 'FluxTransformer2DModel', which is"
                        + " not supported; supported are AutoencoderKL, AutoencoderTiny, ");
    }

    @Test
    void aFileThatNamesNoNetworkIsRefused() {
        assertThatThrownBy(() -> Networks.architecture(JsonNodeFactory.instance.arrayNode()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("neither '_class_name' nor 'architectures'");
    }
}
