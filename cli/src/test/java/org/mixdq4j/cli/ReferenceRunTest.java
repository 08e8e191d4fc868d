package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.cli.infer.PictureFile;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.parity.ParityCheck;
import org.mixdq4j.core.parity.ParityResult;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tokenizer.PromptTokenizer;

/**
 * What diffusers drew with the model that ships, drawn again by {@code mixdq infer} from the same noise: embeddings,
 * every step's network input and output, latents and pictures.
 */
class ReferenceRunTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"), "util_files");
    private static final Path RUNS = ROOT.resolve("reference");
    private static final String SDXL = "tiny-sdxl-turbo";
    private static final String SD3 = "tiny-sd3";
    private static final double TOLERANCE = 1e-4;

    private static Stream<JsonNode> cases(String model) {
        return StreamSupport.stream(
                Json.read(RUNS.resolve(model).resolve("cases.json")).spliterator(), false);
    }

    static Stream<Arguments> cases() {
        return Stream.of(SDXL, SD3).flatMap(model -> cases(model)
                .map(run -> Arguments.of(model, run.path("name").asText(), run)));
    }

    @Test
    void thereAreElevenRuns() {
        assertThat(cases(SDXL)).hasSize(6);
        assertThat(cases(SD3)).hasSize(5);
    }

    /** token_ids.json holds what transformers' CLIPTokenizer gives for every prompt of the runs, padded. */
    @ParameterizedTest
    @ValueSource(strings = {"tokenizer", "tokenizer_2"})
    void tokenIdsEqualThoseOfTransformers(String component) {
        JsonNode expected = Json.read(RUNS.resolve(SDXL).resolve("token_ids.json"));
        int which = component.equals("tokenizer") ? 0 : 1;
        try (PromptTokenizer tokenizer =
                PromptTokenizer.load(ROOT.resolve("models").resolve(SDXL).resolve(component))) {
            expected.fields().forEachRemaining(prompt -> {
                long[] ids = StreamSupport.stream(prompt.getValue().path(which).spliterator(), false)
                        .mapToLong(JsonNode::asLong)
                        .toArray();
                assertThat(tokenizer.encode(prompt.getKey()))
                        .as(prompt.getKey())
                        .isEqualTo(ids);
            });
        }
        assertThat(expected).hasSize(9);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("cases")
    void equalsDiffusers(String model, String name, JsonNode run, @TempDir Path folder) {
        Path runs = RUNS.resolve(model);
        Path recorded = runs.resolve(name + ".safetensors");
        Path trace = folder.resolve("trace.safetensors");
        Path picture = folder.resolve("picture.png");
        assertThat(Main.run(arguments(model, run, recorded, trace, picture))).isZero();

        try (SafetensorsFile theirs = SafetensorsFile.open(recorded);
                SafetensorsFile ours = SafetensorsFile.open(trace)) {
            assertThat(ours.names()).containsExactlyInAnyOrderElementsOf(theirs.names());
            List<ParityResult> results = new ArrayList<>();
            for (String tensor : theirs.names()) {
                results.add(ParityCheck.compare(tensor, theirs.tensor(tensor), ours.tensor(tensor)));
                if (tensor.endsWith("prompt_embeds") && theirs.shape(tensor).rank() == 3) {
                    results.addAll(tokens(tensor, theirs.tensor(tensor), ours.tensor(tensor)));
                }
            }
            results.stream()
                    .filter(r -> !r.name().matches(".*embeds\\.\\d+"))
                    .forEach(r -> System.out.printf("%-18s %-30s %.1e%n", name, r.name(), r.relative()));
            assertThat(results).allSatisfy(result -> {
                if (result.name().equals("image")) {
                    assertThat(result.maxError()).isLessThanOrEqualTo(1.0 / 255);
                } else {
                    assertThat(result.relative()).as(result.name()).isLessThanOrEqualTo(TOLERANCE);
                }
            });
        }
        int count = run.path("prompts").size();
        for (int i = 0; i < count; i++) {
            Path theirs = runs.resolve(count == 1 ? name + ".png" : name + "_" + i + ".png");
            assertWithinOneLevel(Png.decode(theirs), Png.decode(PictureFile.numbered(picture, i, count)));
        }
    }

    /** Token by token: those that begin a text are a hundred times larger than all others. */
    private static List<ParityResult> tokens(String name, Tensor theirs, Tensor ours) {
        int tokens = theirs.shape().dim(0) * theirs.shape().dim(1);
        Tensor expected = theirs.reshape(tokens, theirs.shape().dim(2));
        Tensor found = ours.reshape(tokens, ours.shape().dim(2));
        List<ParityResult> results = new ArrayList<>();
        for (int i = 0; i < tokens; i++) {
            results.add(ParityCheck.compare(name + "." + i, expected.slice(i, i + 1), found.slice(i, i + 1)));
        }
        return results;
    }

    private static String[] arguments(String model, JsonNode run, Path noise, Path trace, Path picture) {
        List<String> arguments = new ArrayList<>(List.of("infer", "--model"));
        arguments.add(ROOT.resolve("models").resolve(model).toString());
        run.path("prompts").forEach(prompt -> arguments.addAll(List.of("--prompt", prompt.asText())));
        if (run.path("negative_prompt").isTextual()) {
            arguments.addAll(List.of("--negative", run.path("negative_prompt").asText()));
        }
        arguments.addAll(List.of("--steps", run.path("steps").asText()));
        arguments.addAll(List.of("--guidance", run.path("guidance_scale").asText()));
        arguments.addAll(List.of("--height", run.path("height").asText()));
        arguments.addAll(List.of("--width", run.path("width").asText()));
        if (run.has("max_sequence_length")) {
            arguments.addAll(List.of(
                    "--max-sequence-length", run.path("max_sequence_length").asText()));
        }
        if (run.has("t5") && !run.path("t5").asBoolean()) {
            arguments.add("--no-t5");
        }
        arguments.addAll(List.of("--latents", noise.toString(), "--save-latents", trace.toString()));
        arguments.addAll(List.of("--out", picture.toString()));
        return arguments.toArray(String[]::new);
    }

    private static void assertWithinOneLevel(RgbImage theirs, RgbImage ours) {
        assertThat(ours.width()).isEqualTo(theirs.width());
        assertThat(ours.height()).isEqualTo(theirs.height());
        for (int i = 0; i < theirs.rgb().length; i++) {
            int difference = Math.abs((theirs.rgb()[i] & 0xff) - (ours.rgb()[i] & 0xff));
            assertThat(difference).as("byte %d", i).isLessThanOrEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {SDXL, SD3})
    void everyReferencePictureIsCompared(String model) throws Exception {
        long pictures =
                cases(model).mapToLong(run -> run.path("prompts").size()).sum();
        try (Stream<Path> files = Files.list(RUNS.resolve(model))) {
            assertThat(files.filter(file -> file.toString().endsWith(".png"))).hasSize((int) pictures);
        }
    }
}
