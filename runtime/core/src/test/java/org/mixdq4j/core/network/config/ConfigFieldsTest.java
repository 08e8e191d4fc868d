package org.mixdq4j.core.network.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.Shipped;

class ConfigFieldsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "fixtures/unet_sd15",
                "fixtures/unet_sdxl",
                "fixtures/mmdit_sd35",
                "fixtures/vae_sd3",
                "fixtures/clip_g",
                "fixtures/clip_l",
                "fixtures/t5",
                "full_size/sd15/text_encoder",
                "full_size/sd3-medium/text_encoder_3",
                "full_size/sdxl-turbo/text_encoder_2"
            })
    void nothingThatTheLibrariesWriteIsForeign(String folder) {
        ObjectNode config = Shipped.config(folder);
        assertThat(ConfigFields.foreign(config, Networks.architecture(config))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"fixtures/unet_sd15", "fixtures/mmdit_sd35", "fixtures/vae_sd3", "fixtures/clip_g", "fixtures/t5"
            })
    void foreignFieldsAreNamedAndChangeNothing(String folder) {
        ObjectNode config = Shipped.config(folder);
        NetworkShape shape = new NetworkShape(1, 8, 8, 9);
        Graph plain = Networks.build(config, shape);
        config.put("optimization_step", 1200).put("trained_by", "me").put("use_ema_warmup", false);
        assertThat(ConfigFields.foreign(config, Networks.architecture(config)))
                .containsExactly("optimization_step", "trained_by", "use_ema_warmup");
        assertThat(Networks.build(config, shape).nodes())
                .usingRecursiveComparison()
                .isEqualTo(plain.nodes());
    }

    @Test
    void ofAnUnknownNetworkNothingIsForeign() {
        assertThat(ConfigFields.foreign(Shipped.config("fixtures/t5"), "Net")).isEmpty();
    }
}
