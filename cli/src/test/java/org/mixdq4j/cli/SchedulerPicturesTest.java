package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.io.Json;

/** Pictures that diffusers' pipelines drew with every scheduler ({@code scripts/record_scheduler_pictures.py}). */
class SchedulerPicturesTest {
    private static final Path CASES = Shipped.ROOT.resolve("util_files/cases");

    @TempDir
    private Path folder;

    @TestFactory
    Stream<DynamicTest> equalDiffusers() {
        JsonNode pictures = Json.read(CASES.resolve("schedulers.json"));
        assertThat(pictures).hasSizeGreaterThan(25);
        return IntStream.range(0, pictures.size()).mapToObj(i -> {
            JsonNode picture = pictures.get(i);
            String name = picture.path("model").asText() + " "
                    + picture.path("listed").asText() + " " + picture.path("options");
            return DynamicTest.dynamicTest(i + " " + name, () -> check(picture, folder.resolve("case" + i)));
        });
    }

    private static void check(JsonNode picture, Path folder) throws IOException {
        ModelCase drawn = new ModelCase(assemble(picture, folder.resolve("model")), picture);
        Object[] options = Json.mapper().convertValue(picture.path("options"), String[].class);
        // On the library that diffusers ran on: over many steps last bits of another's networks add up to more than is
        // asked.
        drawn.drawByDefaults(folder, Mixdq.join(options, "--device", "torch")).succeeds();
        drawn.requirePicture(folder);
    }

    private static Path assemble(JsonNode picture, Path model) throws IOException {
        String name = picture.path("model").asText();
        if (Files.isDirectory(CASES.resolve("base").resolve(name))) {
            ModelCase.copyBase(name, model);
        } else {
            ModelCase.of(name, model);
        }
        if (picture.has("listed")) {
            Path index = model.resolve("model_index.json");
            ObjectNode json = (ObjectNode) Json.read(index);
            json.putArray("scheduler").add("diffusers").add(picture.get("listed"));
            Json.write(index, json);
        }
        if (picture.has("settings")) {
            Json.write(model.resolve("scheduler/scheduler_config.json"), picture.get("settings"));
        }
        return model;
    }
}
