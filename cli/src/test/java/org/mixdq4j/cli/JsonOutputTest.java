package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.io.Json;

/** What scripts read with {@code --json}: one object, and nothing else on standard output. */
class JsonOutputTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"), "util_files");

    private static JsonNode run(String... arguments) {
        Mixdq.Outcome outcome = Mixdq.run(arguments);
        assertThat(outcome.exit()).isZero();
        return Json.parse(outcome.out(), "standard output");
    }

    @Test
    void doctorTellsWhichExecutorsAreReady() {
        JsonNode json = run("doctor", "--json");
        assertThat(json.path("processors").asInt()).isPositive();
        assertThat(json.path("executors").get(0).path("name").asText()).isEqualTo("cpu");
        assertThat(json.path("executors").get(0).path("ready").asBoolean()).isTrue();
    }

    @Test
    void infoCountsAModelsNumbers() {
        JsonNode json =
                run("info", "--json", ROOT.resolve("models/tiny-sdxl-turbo").toString());
        assertThat(json.path("kind").asText()).isEqualTo("model");
        assertThat(json.path("pipeline").asText()).isEqualTo("StableDiffusionXLPipeline");
        assertThat(json.path("unet").path("numbers").asLong()).isEqualTo(14_476_432 / 4);
        assertThat(json.path("unet").path("types").path("F16").asInt())
                .isEqualTo(json.path("unet").path("tensors").asInt());
    }

    @Test
    void parityListsEveryValue() {
        JsonNode json = run("parity", "--json", ROOT.resolve("fixtures/vae_sd3").toString());
        assertThat(json).hasSize(4).allMatch(value -> value.path("within").asBoolean());
    }
}
