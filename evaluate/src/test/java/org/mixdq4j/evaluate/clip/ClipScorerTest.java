package org.mixdq4j.evaluate.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.Json;

/** The shipped CLIP against transformers 5.17 (CLIPModel, CLIPTokenizer, CLIPImageProcessorPil), picture by picture. */
class ClipScorerTest {
    private static final Path MODELS = Path.of(System.getProperty("mixdq.root"), "util_files", "models");
    private static final Path CLIP = MODELS.resolve("tiny-clip-score");

    private static InstrumentedExecutor executor;
    private static ClipScorer scorer;

    @TempDir
    private Path folder;

    @BeforeAll
    static void load() {
        executor = Executors.instrumented();
        scorer = ClipScorer.open(CLIP, executor);
    }

    @AfterAll
    static void close() {
        scorer.close();
        executor.close();
    }

    static Stream<Arguments> recorded() throws IOException {
        try (InputStream in = ClipScorerTest.class.getResourceAsStream("/org/mixdq4j/evaluate/clip_scores.json")) {
            JsonNode cases = Json.parse(in.readAllBytes(), "clip_scores.json");
            return Stream.iterate(0, i -> i < cases.size(), i -> i + 1)
                    .map(i -> Arguments.of(cases.get(i).path("picture").asText(), cases.get(i)));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("recorded")
    void agreesWithTransformers(String name, JsonNode expected) {
        RgbImage picture = Pictures.named(name);
        String caption = expected.path("caption").asText();
        float[] pixels = ClipPreprocessor.read(CLIP, 96).pixels(picture).toFloatArray();
        double sum = 0;
        for (float pixel : pixels) {
            sum += pixel;
        }
        assertThat(sum).isCloseTo(expected.path("pixel_sum").asDouble(), within(0.01));
        for (int c = 0; c < 3; c++) {
            assertThat((double) pixels[c * 96 * 96])
                    .isCloseTo(expected.path("pixel_first").get(c).asDouble(), within(2e-6));
        }
        float[] projected = scorer.features(picture);
        assertThat(projected).hasSize(96);
        for (int i = 0; i < 8; i++) {
            assertThat((double) projected[i])
                    .isCloseTo(expected.path("projected").get(i).asDouble(), within(1e-4));
        }
        assertThat(length(projected)).isCloseTo(expected.path("projected_norm").asDouble(), within(1e-4));
        assertThat(scorer.score(caption, picture))
                .isCloseTo(expected.path("score").asDouble(), within(1e-3));
    }

    @Test
    void embeddingsHaveLengthOneAndMakeTheScore() {
        RgbImage picture = Pictures.named("tall");
        float[] text = scorer.texts(List.of("a red circle", "a blue star")).get(1);
        ClipScorer.ImageEmbedding image =
                scorer.images(List.of(Pictures.named("wide"), picture)).get(1);
        assertThat(length(text)).isCloseTo(1, within(1e-6));
        assertThat(length(image.unit())).isCloseTo(1, within(1e-6));
        assertThat(scorer.score("a blue star", picture)).isEqualTo(ClipScorer.score(text, image.unit()));
    }

    @Test
    void oppositesScoreZero() {
        assertThat(ClipScorer.score(new float[] {1, 0}, new float[] {-1, 0})).isZero();
        assertThat(ClipScorer.score(new float[] {0.6f, 0.8f}, new float[] {0.6f, 0.8f}))
                .isCloseTo(100, within(1e-4));
    }

    @Test
    void layoutOfThePublishedClipsScoresTheSame() throws IOException {
        // openai/clip-vit-*: sizes as plain numbers, no rescale fields, eos_token_id 2, tower settings under a second
        // name.
        Path published = copy(preprocessor -> {
            preprocessor.put("size", 96).put("crop_size", 96);
            preprocessor.remove(List.of("do_rescale", "rescale_factor", "image_processor_type", "do_convert_rgb"));
            preprocessor.put("feature_extractor_type", "CLIPFeatureExtractor");
        });
        ObjectNode config = (ObjectNode) Json.read(published.resolve("config.json"));
        ((ObjectNode) config.get("text_config")).put("eos_token_id", 2);
        config.set("text_config_dict", config.get("text_config"));
        Json.write(published.resolve("config.json"), config);
        RgbImage picture = Pictures.named("wide");
        try (ClipScorer other = ClipScorer.open(published, executor)) {
            assertThat(other.score("a red circle", picture)).isEqualTo(scorer.score("a red circle", picture));
            assertThat(other.digest()).isEqualTo(scorer.digest()).hasSize(64);
            assertThat(other.folderName()).isEqualTo("published");
        }
    }

    @Test
    void folderWithoutConfigIsNoClip() {
        assertThatThrownBy(() -> ClipScorer.open(folder, executor))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll(folder.toString(), "has no config.json, so it is no CLIP");
    }

    @Test
    void textEncoderAloneIsNoClip() {
        assertThatThrownBy(() -> ClipScorer.open(MODELS.resolve("tiny-sdxl-turbo/text_encoder"), executor))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("holds a CLIPTextModel", "CLIPModel");
    }

    static Stream<Arguments> preprocessors() {
        return Stream.of(
                edit("another filter", p -> p.put("resample", 2), "resample 2, supported is 3"),
                edit("a size of nothing", p -> p.putObject("size"), "says size {}"),
                edit("two means", p -> p.putArray("image_mean").add(1).add(2), "image_mean [1,2]", "three numbers"),
                edit("no spread", p -> p.putArray("image_std").add(1).add(0).add(1), "image_std [1,0,1]"),
                edit("a larger crop", p -> p.put("crop_size", 224), "makes pictures of 224x224", "takes 96x96"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("preprocessors")
    void preparationThatIsNotSupported(String what, Consumer<ObjectNode> edit, String[] found) throws IOException {
        Path edited = copy(edit);
        assertThatThrownBy(() -> ClipPreprocessor.read(edited, 96).pixels(Pictures.named("tall")))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll(found);
    }

    private static Arguments edit(String what, Consumer<ObjectNode> edit, String... found) {
        return Arguments.of(what, edit, found);
    }

    private Path copy(Consumer<ObjectNode> preprocessor) throws IOException {
        Path copy = Files.createDirectory(folder.resolve("published"));
        try (Stream<Path> files = Files.list(CLIP)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        Path file = copy.resolve("preprocessor_config.json");
        ObjectNode json = (ObjectNode) Json.read(file);
        preprocessor.accept(json);
        Json.write(file, json);
        return copy;
    }

    private static double length(float[] vector) {
        double sum = 0;
        for (float value : vector) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }
}
