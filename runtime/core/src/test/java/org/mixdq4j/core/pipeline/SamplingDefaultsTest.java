package org.mixdq4j.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.network.source.ModelFolder;

/** Steps and guidance follow from evidence, and it is said which. */
class SamplingDefaultsTest {
    @TempDir
    private Path root;

    private ModelFolder model(String name, String pipeline, String scheduler, String more) throws IOException {
        Path folder = Files.createDirectories(root.resolve(name));
        Files.createDirectories(folder.resolve("scheduler"));
        Files.writeString(
                folder.resolve("model_index.json"),
                "{\"_class_name\": \"" + pipeline + "\", \"scheduler\": [\"diffusers\", \"" + scheduler
                        + "\"], \"unet\": [\"diffusers\", \"UNet2DConditionModel\"]}");
        Files.writeString(
                folder.resolve("scheduler/scheduler_config.json"),
                "{\"_class_name\": \"" + scheduler + "\"" + more + "}");
        return ModelFolder.open(folder);
    }

    private static void network(ModelFolder model, String config) throws IOException {
        Files.createDirectories(model.root().resolve("unet"));
        Files.writeString(
                model.root().resolve("unet/config.json"), "{\"_class_name\": \"UNet2DConditionModel\"" + config + "}");
    }

    @ParameterizedTest(name = "{1} with {2} in {0}: {3} steps, guidance {4}")
    @CsvSource({
        "model, StableDiffusionPipeline, PNDMScheduler, 50, 7.5, StableDiffusionPipeline",
        "model, StableDiffusionXLPipeline, EulerDiscreteScheduler, 50, 5, StableDiffusionXLPipeline",
        "model, StableDiffusion3Pipeline, FlowMatchEulerDiscreteScheduler, 28, 7, StableDiffusion3Pipeline",
        "model, LatentConsistencyModelPipeline, DDIMScheduler, 4, 8.5, LatentConsistencyModelPipeline",
        "model, StableDiffusionPipeline, LCMScheduler, 4, 1.5, LCMScheduler",
        "model, StableDiffusionXLPipeline, TCDScheduler, 4, 0, TCDScheduler",
        "sdxl-turbo, StableDiffusionXLPipeline, EulerAncestralDiscreteScheduler, 1, 0, guess from 'turbo'",
        "DreamShaperXLLightning, StableDiffusionXLPipeline, EulerDiscreteScheduler, 4, 0, guess from 'lightning'",
        "sdxl_lightning_8step, StableDiffusionXLPipeline, EulerDiscreteScheduler, 8, 0, guess from 'lightning'",
        "Hyper-SDXL-2steps, StableDiffusionXLPipeline, DDIMScheduler, 2, 0, guess from 'hyper'",
        "dmd2_sdxl, StableDiffusionXLPipeline, EulerDiscreteScheduler, 4, 0, guess from 'dmd2'",
        "hyperreal, StableDiffusionXLPipeline, DDIMScheduler, 50, 5, StableDiffusionXLPipeline",
        "nocturbo, StableDiffusionXLPipeline, DDIMScheduler, 50, 5, StableDiffusionXLPipeline",
    })
    void followEvidence(String name, String pipeline, String scheduler, int steps, double guidance, String reason)
            throws IOException {
        SamplingDefaults defaults = SamplingDefaults.of(model(name, pipeline, scheduler, ""));

        assertThat(defaults.steps()).isEqualTo(steps);
        assertThat(defaults.guidance()).isEqualTo(guidance);
        assertThat(defaults.reason()).contains(reason);
    }

    @Test
    void trailingTimestepsMeanNothing() throws IOException {
        ModelFolder model = model(
                "vpred",
                "StableDiffusionXLPipeline",
                "EulerDiscreteScheduler",
                ", \"timestep_spacing\": \"trailing\", \"rescale_betas_zero_snr\": true");

        assertThat(SamplingDefaults.of(model).steps()).isEqualTo(50);
        assertThat(SamplingDefaults.of(model).guidance()).isEqualTo(5);
    }

    @Test
    void networksThatReadGuidanceTakeMuchOfIt() throws IOException {
        ModelFolder model = model("lcm", "StableDiffusionXLPipeline", "LCMScheduler", "");
        network(model, ", \"time_cond_proj_dim\": 256");
        assertThat(SamplingDefaults.of(model).guidance()).isEqualTo(8);

        ModelFolder older = model("dreamshaper", "LatentConsistencyModelPipeline", "LCMScheduler", "");
        network(older, ", \"time_cond_proj_dim\": 256");
        assertThat(SamplingDefaults.of(older).guidance()).isEqualTo(8.5);
    }

    @Test
    void whatWasSavedFromATurboModelIsTakenForOne() throws IOException {
        ModelFolder model = model("mine", "StableDiffusionXLPipeline", "EulerAncestralDiscreteScheduler", "");
        network(model, ", \"_name_or_path\": \"/home/lightning/stabilityai/sdxl-turbo\"");

        assertThat(SamplingDefaults.of(model).steps()).isEqualTo(1);
        assertThat(SamplingDefaults.of(model).reason()).contains("guess").contains("sdxl-turbo");
    }

    @Test
    void aHubsCacheNamesTheRepository() throws IOException {
        ModelFolder model = model(
                "models--stabilityai--sdxl-turbo/snapshots/71153311d3dbb46851df1931d3ca6e939de83304",
                "StableDiffusionXLPipeline",
                "EulerAncestralDiscreteScheduler",
                "");

        assertThat(SamplingDefaults.of(model).steps()).isEqualTo(1);
    }

    @Test
    void theSchedulerThatIsChosenCounts() throws IOException {
        ModelFolder model = model("model", "StableDiffusionXLPipeline", "EulerDiscreteScheduler", "");

        assertThat(SamplingDefaults.of(model, "LCMScheduler").steps()).isEqualTo(4);
    }
}
