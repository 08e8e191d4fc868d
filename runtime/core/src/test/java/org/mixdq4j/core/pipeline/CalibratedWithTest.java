package org.mixdq4j.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFolder;

/** What counts as drawn far from how a checkpoint was calibrated. */
class CalibratedWithTest {
    private static final ModelFolder MODEL =
            ModelFolder.open(Path.of(System.getProperty("mixdq.root"), "util_files/models/tiny-sdxl-turbo"));
    private static final JsonNode CALIBRATED = Json.parse(
            "{\"steps\": 20, \"guidance\": 7.5, \"height\": 512, \"width\": 512,"
                    + " \"scheduler\": {\"_class_name\": \"EulerAncestralDiscreteScheduler\"}}",
            "test");

    private static Optional<String> far(int steps, double guidance, int height, int width) {
        return CalibratedWith.farFrom(CALIBRATED, SamplingSettings.of(MODEL, steps, guidance), height, width);
    }

    @Test
    void nearIsNotWorthALine() {
        assertThat(far(20, 7.5, 512, 512)).isEmpty();
        assertThat(far(25, 6.5, 576, 640)).isEmpty();
        assertThat(CalibratedWith.farFrom(MissingNode.getInstance(), SamplingSettings.of(MODEL, 1, 0), 512, 512))
                .isEmpty();
    }

    @Test
    void eachFarSettingIsNamed() {
        assertThat(far(4, 7.5, 512, 512)).contains("20 steps instead of 4");
        assertThat(far(20, 1, 512, 512)).contains("guidance 7.5 instead of 1.0");
        assertThat(far(20, 3, 512, 512)).contains("guidance 7.5 instead of 3.0");
        assertThat(far(50, 7.5, 1024, 1024)).hasValueSatisfying(text -> assertThat(text)
                .contains("20 steps instead of 50", "512x512 instead of 1024x1024"));
        ModelScheduler other = ModelScheduler.of(MODEL, Optional.of("dpmpp_2m"), Optional.empty());
        assertThat(CalibratedWith.farFrom(
                        CALIBRATED, new SamplingSettings(other, 20, Optional.empty(), 7.5, 0), 512, 512))
                .contains("EulerAncestralDiscreteScheduler instead of DPMSolverMultistepScheduler");
    }
}
