package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** A model with three text encoders, one of which it can do without; what its folder lacks, and what memory it takes. */
class StableDiffusion3Test {
    private static final Path MODEL = Shipped.ROOT.resolve("util_files/models/tiny-sd3");
    private static final String WEIGHTS = "transformer/diffusion_pytorch_model.safetensors";

    @TempDir
    private Path folder;

    private Path copy() {
        return Shipped.linked(MODEL, folder.resolve("model"));
    }

    private static Object[] infer(Path model, Path out, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of("infer", "--model", model, "--steps", 2));
        arguments.addAll(List.of("--prompt", "a red circle", "--prompt", "a blue star on a white background"));
        arguments.addAll(List.of("--height", 32, "--width", 48, "--out", out));
        arguments.addAll(Arrays.asList(more));
        return arguments.toArray();
    }

    private Path draw(String name, Path model, Object... more) {
        Path out = folder.resolve(name + ".png");
        Mixdq.run(infer(model, out, more)).succeeds();
        return folder.resolve(name + "-01.png");
    }

    private Mixdq.Outcome fails(Path model, Object... more) {
        return Mixdq.run(infer(model, folder.resolve("none.png"), more));
    }

    private static void assertSamePixels(Path one, Path other) {
        assertThat(Png.decode(one).rgb()).isEqualTo(Png.decode(other).rgb());
    }

    @Test
    void oneComponentAtATimeDrawsTheSame() throws IOException {
        Path kept = draw("kept", MODEL);
        Path out = folder.resolve("low.png");
        Mixdq.Outcome outcome =
                Mixdq.run(infer(MODEL, out, "--low-memory", "--batch-size", 2)).succeeds();
        assertThat(folder.resolve("low-01.png")).hasSameBinaryContentAs(kept);
        List<String> lines = outcome.err()
                .lines()
                .filter(line -> line.startsWith("mixdq: in memory: ") || line.startsWith("mixdq: released: "))
                .map(line -> line.replaceFirst(", \\d.*", ""))
                .toList();
        List<String> expected = new ArrayList<>();
        for (String component :
                new String[] {"text_encoder", "text_encoder_2", "text_encoder_3", "transformer", "vae"}) {
            expected.add("mixdq: in memory: " + component);
            expected.add("mixdq: released: " + component);
        }
        assertThat(lines).isEqualTo(expected);
    }

    @Test
    void t5MayBeLeftOutOrNotBeThere() throws IOException {
        Path without = draw("without", MODEL, "--no-t5");
        assertThat(Png.decode(without).rgb())
                .isNotEqualTo(Png.decode(draw("with", MODEL)).rgb());

        Path model = copy();
        Folders.delete(model.resolve("text_encoder_3"));
        Folders.delete(model.resolve("tokenizer_3"));
        fails(model)
                .fails(1, "lists 'text_encoder_3' (T5EncoderModel)", "has no folder of this name", "or pass --no-t5");
        assertSamePixels(draw("not-there", model, "--no-t5"), without);

        Damage.json(Shipped.own(model, "model_index.json"), index -> {
            index.putArray("text_encoder_3").addNull().addNull();
            index.putArray("tokenizer_3").addNull().addNull();
        });
        assertSamePixels(draw("not-listed", model), without);
    }

    @Test
    void theLengthOfPromptsChangesPictures() {
        int[] sizes = {77, 20};
        Path first = draw("first", MODEL, "--max-sequence-length", sizes[0]);
        assertSamePixels(first, draw("default", MODEL));
        assertThat(Png.decode(draw("second", MODEL, "--max-sequence-length", sizes[1]))
                        .rgb())
                .isNotEqualTo(Png.decode(first).rgb());
    }

    /** The network of a model with other text encoders. */
    @ParameterizedTest
    @CsvSource({
        "joint_attention_dim, context_embedder.weight, 128, give 160 features a token",
        "joint_attention_dim, context_embedder.weight, 200, gives 192 features a token",
        "pooled_projection_dim, time_text_embed.text_embedder.linear_1.weight, 160, give 192 features of the pooled text"
    })
    void encodersThatDoNotFit(String field, String tensor, int features, String message) throws IOException {
        Path model = copy();
        Damage.json(Shipped.own(model, "transformer/config.json"), config -> config.put(field, features));
        rewrite(model, tensor, Tensor.zeros(DType.F32, Shape.of(128, features)));
        fails(model).fails(1, message, "but its network reads " + features, "from one source");
    }

    @Test
    void wordsTheEncoderDoesNotKnow() throws IOException {
        // The library gives the next free id, whatever the file says.
        Path model = copy();
        Damage.json(Shipped.own(model, "tokenizer_3/tokenizer.json"), json -> ((ArrayNode) json.get("added_tokens"))
                .addObject()
                .put("id", 480)
                .put("content", "<new>")
                .put("special", true)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false));
        fails(model).fails(1, "knows 474 tokens, but text_encoder_3 has embeddings of 473 only");
    }

    /** Puts one tensor more, or another, into the network's weights. */
    private static void rewrite(Path model, String name, Tensor tensor) throws IOException {
        Files.delete(model.resolve(WEIGHTS));
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(MODEL.resolve(WEIGHTS))) {
            file.names().forEach(each -> tensors.put(each, file.tensor(each)));
            tensors.put(name, tensor);
            SafetensorsWriter.write(model.resolve(WEIGHTS), tensors, Map.of());
        }
    }

    @ParameterizedTest
    @CsvSource({"text_encoder_3, rotary_dim", "transformer, rope_theta"})
    void settingsNobodyKnowsArePassedOverAndNamed(String component, String field) throws IOException {
        Path model = copy();
        Damage.json(Shipped.own(model, component + "/config.json"), config -> config.put(field, 3));
        assertThat(fails(model).succeeds().err()).contains("are passed over: " + field);
    }

    @Test
    void weightsOfOneVersionWithTheConfigurationOfAnother() throws IOException {
        Path model = copy();
        Damage.json(Shipped.own(model, "transformer/config.json"), config -> config.put("qk_norm", "rms_norm"));
        fails(model).fails(1, "have no tensor 'transformer_blocks.0.attn.", "do not belong together");

        Files.delete(model.resolve("transformer/config.json"));
        Files.createSymbolicLink(model.resolve("transformer/config.json"), MODEL.resolve("transformer/config.json"));
        rewrite(model, "transformer_blocks.0.attn.norm_q.weight", Tensor.of(Shape.of(2), 1, 1));
        for (Object[] more : new Object[][] {{}, {"--low-memory"}}) {
            fails(model, more).fails(1, "hold 'transformer_blocks.0.attn.norm_q.weight', expected no such tensor");
        }
    }

    @Test
    void optionsThatMakeNoSense() {
        fails(MODEL, "--max-sequence-length", 600).fails(2, "give --max-sequence-length 2 to 512");
        fails(Shipped.MODEL, "--no-t5").fails(2, "without a place for a T5", "leave out --no-t5");
        Mixdq.run("infer", "--model", MODEL, "--prompt", "x", "--height", 40, "--out", folder.resolve("none.png"))
                .fails(2, "multiples of 16");
    }

    @Test
    void calibrationSaysHowPromptsWereRead() throws IOException {
        Path set = folder.resolve("calib");
        Object[] calibrate = Mixdq.join(Shipped.calibrate(MODEL, set), "--steps", 2, "--max-sequence-length", 20);
        Mixdq.run(Mixdq.join(calibrate, "--no-t5", "--low-memory")).succeeds();
        JsonNode settings = Json.read(set.resolve("manifest.json")).path("settings");
        assertThat(settings.path("max_sequence_length").asInt()).isEqualTo(20);
        assertThat(settings.path("t5").isBoolean()).isTrue();
        assertThat(settings.path("t5").asBoolean()).isFalse();
        assertThat(settings.path("guidance").asDouble()).isEqualTo(2);
        try (SafetensorsFile shard = SafetensorsFile.open(set.resolve("shard-00000.safetensors"))) {
            assertThat(shard.shape("prompt.encoder_hidden_states")).isEqualTo(Shape.of(2, 2, 77 + 20, 192));
            assertThat(shard.shape("step.hidden_states")).isEqualTo(Shape.of(2, 2, 2, 16, 4, 4));
        }
        Mixdq.run(calibrate).fails(1, "holds a calibration set made with t5 false instead of true");
    }

    @Test
    void aQuantizedModelReadsItsOwnTextEncoder() throws IOException {
        Path set = folder.resolve("calib");
        Mixdq.run(Mixdq.join(Shipped.calibrate(MODEL, set), "--steps", 2, "--max-sequence-length", 20))
                .succeeds();
        Path scheme = folder.resolve("scheme.yaml");
        Files.writeString(
                scheme,
                "name: t5\nkeep_float: {worst: 0}\ntext_encoders: {bits: 4, group: 0, range: minmax, which: largest}\n");
        Path quantized = folder.resolve("quantized");
        Mixdq.run(Shipped.ptq(MODEL, set, scheme, quantized)).succeeds();
        Object[] more = {"--quantized", quantized, "--max-sequence-length", 20};
        Path kept = draw("kept", MODEL, more);
        assertThat(draw("low", MODEL, Mixdq.join(more, "--low-memory"))).hasSameBinaryContentAs(kept);
        Folders.delete(quantized.resolve("text_encoder_3"));
        assertThat(Png.decode(draw("float", MODEL, more)).rgb())
                .isNotEqualTo(Png.decode(kept).rgb());
    }
}
