package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.lora.LoraModel;
import org.mixdq4j.core.lora.LoraUse;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.network.source.ModelSources;
import org.mixdq4j.core.safetensors.StoredWeights;

/** Every form of LoRA changes the weights that diffusers changes, by as much. */
class LoraFormsTest {
    private static final Path FILES = Shipped.ROOT.resolve("util_files/lora");
    private static final JsonNode EXPECTED = Json.read(FILES.resolve("expected.json"));

    @TempDir
    Path folder;

    static Stream<String> names() {
        Set<String> names = new TreeSet<>();
        EXPECTED.fieldNames().forEachRemaining(names::add);
        return names.stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void changesWhatDiffusersChanges(String name) {
        JsonNode expected = EXPECTED.path(name);
        String model = expected.path("model").asText();
        Path files = folder.resolve("model");
        if (model.startsWith("base/")) {
            ModelCase.copyBase(model.substring("base/".length()), files);
        } else {
            ModelCase.of(model, files);
        }
        assertThat(Files.isDirectory(files)).isTrue();
        ModelSource plain = ModelSources.open(files);
        LoraUse use = new LoraUse(
                FILES.resolve(name + ".safetensors"), expected.path("scale").asDouble());
        LoraModel merged = LoraModel.open(plain, List.of(use));
        assertThat(merged.notes()).isEmpty();
        for (String component :
                List.of("unet", "transformer", "text_encoder", "text_encoder_2", "text_encoder_3", "vae")) {
            if (plain.has(component)) {
                requireChanges(
                        plain, merged, component, expected.path("changes").path(component));
            }
        }
    }

    private static void requireChanges(ModelSource plain, ModelSource merged, String component, JsonNode expected) {
        Set<String> open = new HashSet<>();
        expected.fieldNames().forEachRemaining(open::add);
        try (StoredWeights before = plain.weights(component);
                StoredWeights after = merged.weights(component)) {
            for (String name : before.names()) {
                if (!before.dtype(name).isFloat()) {
                    continue;
                }
                float[] old = before.tensor(name).toFloatArray();
                float[] now = after.tensor(name).toFloatArray();
                double norm = 0;
                double sum = 0;
                for (int i = 0; i < old.length; i++) {
                    double change = (double) now[i] - old[i];
                    norm += change * change;
                    sum += change * Math.cos(i);
                }
                String wanted = expected.has(name) ? name : "text_model." + name;
                if (norm == 0) {
                    assertThat(expected.has(wanted)).as(name).isFalse();
                    continue;
                }
                assertThat(open.remove(wanted)).as(name).isTrue();
                double scale = expected.path(wanted).path(0).asDouble();
                assertThat(Math.sqrt(norm)).as(name).isCloseTo(scale, within(1e-5 * scale));
                assertThat(sum).as(name).isCloseTo(expected.path(wanted).path(1).asDouble(), within(1e-5 * scale));
            }
        }
        assertThat(open).isEmpty();
    }
}
