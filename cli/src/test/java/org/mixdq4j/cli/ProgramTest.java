package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.io.Json;

/** {@code mixdq info --program}: networks as they are run. */
class ProgramTest {
    private static final Path MODELS = Path.of(System.getProperty("mixdq.root"), "util_files", "models");

    @ParameterizedTest
    @CsvSource({"tiny-sdxl-turbo,unet", "tiny-sdxl-turbo,vae", "tiny-sdxl-turbo,text_encoder_2", "tiny-sd3,transformer"
    })
    void listsTheStepsOfANetwork(String model, String component) {
        Mixdq.Outcome outcome = Mixdq.run("info", "--program", "--component", component, MODELS.resolve(model))
                .succeeds();
        assertThat(outcome.out()).contains(component + " (", "nodes became", "attention", "of memory for values");
        JsonNode json = Json.parse(
                Mixdq.run("info", "--program", "--json", "--component", component, MODELS.resolve(model))
                        .succeeds()
                        .out(),
                "standard output");
        assertThat(json.path("steps").size())
                .isPositive()
                .isLessThan(json.path("nodes").asInt());
        assertThat(json.path("arena_bytes").asLong()).isPositive();
    }

    @Test
    void aLargerPictureTakesMoreMemory() {
        assertThat(arena("--height", "256", "--width", "128")).isGreaterThan(arena("--height", "96"));
    }

    @Test
    void refusesASizeThatIsNone() {
        Mixdq.run("info", "--program", "--height", "100", MODELS.resolve("tiny-sdxl-turbo"))
                .fails(2, "100", "multiple of 8", "--height");
    }

    private static long arena(String... options) {
        Object[] arguments = new Object[options.length + 4];
        System.arraycopy(new Object[] {"info", "--program", "--json"}, 0, arguments, 0, 3);
        System.arraycopy(options, 0, arguments, 3, options.length);
        arguments[arguments.length - 1] = MODELS.resolve("tiny-sdxl-turbo");
        String out = Mixdq.run(arguments).succeeds().out();
        return Json.parse(out, "standard output").path("arena_bytes").asLong();
    }
}
