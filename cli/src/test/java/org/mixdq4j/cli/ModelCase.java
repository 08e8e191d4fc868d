package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A case of util_files/cases: a small model in a form that people publish, and what diffusers draws with it.
 *
 * @param model the case's model, complete, in a folder that may be changed
 * @param expected expected.json; of a case that is to be refused, nothing
 */
record ModelCase(Path model, JsonNode expected) {
    private static final Path CASES = Shipped.ROOT.resolve("util_files/cases");
    private static final double TOLERANCE = 1e-5;

    /** Puts the model of a case together in {@code folder}. */
    static ModelCase of(String name, Path folder) {
        Path files = CASES.resolve(name);
        JsonNode json = Json.read(files.resolve("case.json"));
        copyBase(json.path("base").asText(), folder);
        try {
            for (JsonNode path : json.path("without")) {
                Files.delete(folder.resolve(path.asText()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (Files.isDirectory(files.resolve("model"))) {
            copy(files.resolve("model"), folder);
        }
        Path expected = files.resolve("expected.json");
        return new ModelCase(folder, Files.exists(expected) ? Json.read(expected) : MissingNode.getInstance());
    }

    /** A copy of a model that cases share. */
    static Path copyBase(String name, Path folder) {
        return copy(CASES.resolve("base").resolve(name), folder);
    }

    private static Path copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            }
            return to;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Draws the case's picture; what else its command needs comes in {@code more}. */
    Mixdq.Outcome draw(Path folder, Object... more) {
        List<Object> steps = List.of(
                "--steps", expected.path("num_inference_steps").asText(),
                "--guidance", expected.path("guidance_scale").asText());
        return drawByDefaults(
                folder, Stream.concat(steps.stream(), Stream.of(more)).toArray());
    }

    /** The same without steps and guidance. */
    Mixdq.Outcome drawByDefaults(Path folder, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of("infer", "--model", model));
        arguments.addAll(List.of("--prompt", expected.path("prompt").asText()));
        arguments.addAll(List.of("--seed", expected.path("seed").asText()));
        arguments.addAll(List.of("--save-latents", trace(folder), "--out", folder.resolve("picture.png")));
        arguments.addAll(List.of(more));
        return Mixdq.run(arguments.toArray());
    }

    /** Where {@link #draw} leaves what it saw. */
    static Path trace(Path folder) {
        return folder.resolve("trace.safetensors");
    }

    /** Requires what {@link #draw} drew in {@code folder} to be diffusers' picture, from diffusers' timesteps. */
    void requirePicture(Path folder) {
        try (SafetensorsFile drawn = SafetensorsFile.open(trace(folder))) {
            double[] timesteps = Json.mapper().convertValue(expected.path("timesteps"), double[].class);
            float[] visited = drawn.tensor("timesteps").toFloatArray();
            assertThat(visited).hasSameSizeAs(timesteps);
            for (int i = 0; i < visited.length; i++) {
                // expected.json keeps three decimals.
                assertThat((double) visited[i]).as("timestep %d", i).isCloseTo(timesteps[i], within(6e-4));
            }
        }
        requireImage(folder, expected.path("image"));
    }

    /** Requires the picture that {@link #draw} drew in {@code folder} to have these figures of expected.json. */
    static void requireImage(Path folder, JsonNode figures) {
        Tensor image;
        try (SafetensorsFile drawn = SafetensorsFile.open(trace(folder))) {
            image = drawn.tensor("image");
        }
        float[] values = image.toFloatArray();
        int width = image.shape().dim(2);
        double mean = 0;
        for (float value : values) {
            mean += value / values.length;
        }
        double variance = 0;
        for (float value : values) {
            variance += (value - mean) * (value - mean) / values.length;
        }
        assertThat(mean).as("mean").isCloseTo(figures.path("mean").asDouble(), within(TOLERANCE));
        assertThat(Math.sqrt(variance)).as("std").isCloseTo(figures.path("std").asDouble(), within(TOLERANCE));
        int pixels = 0;
        for (String name : (Iterable<String>) figures::fieldNames) {
            if (name.startsWith("pixel_")) {
                String[] place = name.split("_");
                int first = (Integer.parseInt(place[1]) * width + Integer.parseInt(place[2])) * 3;
                for (int channel = 0; channel < 3; channel++) {
                    // Rounded to five decimals besides.
                    assertThat((double) values[first + channel])
                            .as("%s, channel %d", name, channel)
                            .isCloseTo(figures.path(name).path(channel).asDouble(), within(TOLERANCE + 5e-6));
                }
                pixels++;
            }
        }
        assertThat(pixels).isPositive();
    }
}
