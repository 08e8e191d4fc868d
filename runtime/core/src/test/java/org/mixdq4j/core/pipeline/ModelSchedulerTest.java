package org.mixdq4j.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.network.source.ModelFolder;

/** Whose class, and with which settings. */
class ModelSchedulerTest {
    private static final String SD15 = "\"_class_name\": \"PNDMScheduler\", \"beta_end\": 0.012,"
            + " \"beta_schedule\": \"scaled_linear\", \"beta_start\": 0.00085, \"skip_prk_steps\": true,"
            + " \"steps_offset\": 1, \"clip_sample\": false";
    private static final String FLOW = "\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", \"shift\": 3.0";

    @TempDir
    private Path root;

    private ModelFolder model(String pipeline, String listed, String settings) throws IOException {
        Files.createDirectories(root.resolve("scheduler"));
        Files.writeString(
                root.resolve("model_index.json"),
                "{\"_class_name\": \"" + pipeline + "\", \"scheduler\": [\"diffusers\", \"" + listed + "\"]}");
        Files.writeString(root.resolve("scheduler/scheduler_config.json"), "{" + settings + "}");
        return ModelFolder.open(root);
    }

    private static ModelScheduler chosen(ModelFolder model, String name) {
        return ModelScheduler.of(model, Optional.of(name), Optional.empty());
    }

    @Test
    void theIndexNamesTheClassAndItIsSaid() throws IOException {
        ModelFolder model = model("StableDiffusionPipeline", "DPMSolverMultistepScheduler", SD15);
        ModelScheduler scheduler = ModelScheduler.of(model);

        assertThat(scheduler.name()).isEqualTo("DPMSolverMultistepScheduler");
        assertThat(scheduler.settings().path("beta_start").asDouble()).isEqualTo(0.00085);
        assertThat(scheduler.notes()).hasSize(1);
        assertThat(scheduler.notes().get(0)).contains("PNDMScheduler", "DPMSolverMultistepScheduler");
        assertThat(scheduler.config().schedule(8).timesteps()).hasSize(8);
    }

    @Test
    void aFileWithoutAClassIsTheIndexs() throws IOException {
        ModelScheduler scheduler = ModelScheduler.of(
                model("StableDiffusionXLPipeline", "EulerDiscreteScheduler", "\"beta_start\": 0.001"));
        assertThat(scheduler.name()).isEqualTo("EulerDiscreteScheduler");
        assertThat(scheduler.notes()).isEmpty();
    }

    @Test
    void stableDiffusionsPipelineOverrulesTwoSettings() throws IOException {
        String settings = "\"_class_name\": \"DDIMScheduler\", \"beta_schedule\": \"scaled_linear\"";
        ModelScheduler amended = ModelScheduler.of(model("StableDiffusionPipeline", "DDIMScheduler", settings));
        assertThat(amended.settings().path("steps_offset").asInt()).isEqualTo(1);
        assertThat(amended.settings().path("clip_sample").asBoolean(true)).isFalse();
        assertThat(amended.notes()).hasSize(2);

        ModelScheduler left = ModelScheduler.of(model("StableDiffusionXLPipeline", "DDIMScheduler", settings));
        assertThat(left.settings().has("steps_offset")).isFalse();
        assertThat(left.notes()).isEmpty();
    }

    @Test
    void anotherClassTakesTheModelsSettings() throws IOException {
        ModelFolder model = model("StableDiffusionPipeline", "PNDMScheduler", SD15);
        ModelScheduler scheduler = chosen(model, "DPM++ 2M Karras");

        assertThat(scheduler.name()).isEqualTo("DPMSolverMultistepScheduler");
        JsonNode settings = scheduler.settings();
        assertThat(settings.path("beta_start").asDouble()).isEqualTo(0.00085);
        assertThat(settings.path("use_karras_sigmas").asBoolean()).isTrue();
        assertThat(settings.path("algorithm_type").asText()).isEqualTo("dpmsolver++");
        assertThat(scheduler.config().schedule(8).sigmas()).hasSize(9);
    }

    @Test
    void modelsOfFlowMatchingAreDrawnAlongTheirPaths() throws IOException {
        ModelFolder model = model("StableDiffusion3Pipeline", "FlowMatchEulerDiscreteScheduler", FLOW);

        assertThat(chosen(model, "euler").name()).isEqualTo("FlowMatchEulerDiscreteScheduler");
        assertThat(chosen(model, "heun").name()).isEqualTo("FlowMatchHeunDiscreteScheduler");
        JsonNode settings = chosen(model, "unipc").settings();
        assertThat(settings.path("use_flow_sigmas").asBoolean()).isTrue();
        assertThat(settings.path("prediction_type").asText()).isEqualTo("flow_prediction");
        assertThat(settings.path("flow_shift").asDouble()).isEqualTo(3);
        assertThatThrownBy(() -> chosen(model, "ddim"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("flow matching");
        assertThatThrownBy(() -> chosen(
                        model("StableDiffusionPipeline", "PNDMScheduler", SD15), "FlowMatchEulerDiscreteScheduler"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("flow matching");
    }

    @Test
    void dynamicShiftingFollowsThePicture() throws IOException {
        ModelScheduler scheduler = ModelScheduler.of(model(
                "StableDiffusion3Pipeline",
                "FlowMatchEulerDiscreteScheduler",
                FLOW + ", \"use_dynamic_shifting\": true, \"max_shift\": 1.15"));

        // diffusers' calculate_shift: from 0.5 at 256 tokens to 1.15 at 4096.
        assertThat(scheduler.forPicture(256).settings().path("mu").asDouble()).isCloseTo(0.5, within(1e-12));
        assertThat(scheduler.forPicture(4096).settings().path("mu").asDouble()).isCloseTo(1.15, within(1e-12));
        assertThat(scheduler.forPicture(1024).config().schedule(4).timesteps()).hasSize(4);
        assertThatThrownBy(scheduler::config)
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("use_dynamic_shifting");
    }

    @Test
    void unknownNamesAreAnsweredWithTheKnownOnes() throws IOException {
        ModelFolder model = model("StableDiffusionPipeline", "PNDMScheduler", SD15);
        assertThatThrownBy(() -> chosen(model, "restart"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("restart")
                .hasMessageContaining("dpmpp_2m")
                .hasMessageContaining("UniPCMultistepScheduler");
    }

    @Test
    void etaIsOfTwoClasses() throws IOException {
        ModelFolder model = model("StableDiffusionPipeline", "PNDMScheduler", SD15);
        ModelScheduler ddim = ModelScheduler.of(model, Optional.of("ddim"), Optional.of(0.5));
        assertThat(ddim.settings().path("eta").asDouble()).isEqualTo(0.5);
        assertThatThrownBy(() -> ModelScheduler.of(model, Optional.empty(), Optional.of(0.5)))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("PNDMScheduler");
    }
}
