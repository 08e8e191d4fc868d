package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.prompt.WeightedPrompt;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tokenizer.PromptTokenizer;

/** What prompts become, in forms that people publish and as UIs have them, against diffusers' pictures. */
class PromptCasesTest {
    private static final Path FILES = Shipped.ROOT.resolve("util_files/cases/prompts");

    @TempDir
    Path folder;

    @Test
    void addedTokensJsonIsRead() {
        ModelCase learned = ModelCase.of("04-added-tokens-json", folder.resolve("model"));
        learned.draw(folder).succeeds();
        learned.requirePicture(folder);
        long[] ids = Json.mapper().convertValue(learned.expected().path("ids"), long[].class);
        try (PromptTokenizer tokenizer = PromptTokenizer.load(learned.model().resolve("tokenizer"))) {
            assertThat(tokenizer.ids(learned.expected().path("prompt").asText()))
                    .isEqualTo(ids);
        }
    }

    record Picture(String name, JsonNode json) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Picture> pictures() {
        List<Picture> pictures = new ArrayList<>();
        Json.read(FILES.resolve("expected.json"))
                .path("pictures")
                .forEach(json -> pictures.add(new Picture(json.path("name").asText(), json)));
        return pictures.stream();
    }

    private Mixdq.Outcome draw(JsonNode picture, Object... more) throws Exception {
        Path model = ModelCase.of(picture.path("case").asText(), folder.resolve("model"))
                .model();
        replace(model, "text_encoder/model.safetensors", FILES.resolve("model"));
        replace(model, "scheduler/scheduler_config.json", FILES.resolveSibling("base/sd15"));
        List<Object> arguments = new ArrayList<>(List.of("infer", "--model", model));
        JsonNode recorded = Json.read(FILES.resolve("expected.json"));
        arguments.addAll(List.of("--steps", recorded.path("num_inference_steps").asText()));
        arguments.addAll(List.of("--guidance", recorded.path("guidance_scale").asText()));
        arguments.addAll(List.of("--seed", recorded.path("seed").asText()));
        arguments.addAll(List.of("--save-latents", ModelCase.trace(folder), "--out", folder.resolve("picture.png")));
        for (JsonNode argument : picture.path("arguments")) {
            boolean file = argument.asText().contains(".safetensors");
            arguments.add(file ? FILES.resolve(argument.asText()) : argument.asText());
        }
        arguments.addAll(List.of(more));
        return Mixdq.run(arguments.toArray());
    }

    private static void replace(Path model, String file, Path from) throws Exception {
        Files.copy(from.resolve(file), model.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void picturesAreThoseOfTheReference(Picture picture) throws Exception {
        draw(picture.json()).succeeds();
        ModelCase.requireImage(folder, picture.json().path("image"));
        if (picture.name().equals("clip skip")) {
            assertThat(Png.text(folder.resolve("picture.png")).get("parameters"))
                    .contains("Clip skip: 2");
        }
        if (picture.json().has("tokens")) {
            try (SafetensorsFile trace = SafetensorsFile.open(ModelCase.trace(folder))) {
                assertThat(trace.shape("prompt_embeds").dim(1))
                        .isEqualTo(picture.json().path("tokens").path(0).asInt());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"embeddings", "weights and chunks of two encoders", "clip skip"})
    void lowMemoryChangesNothing(String name) throws Exception {
        JsonNode picture = pictures()
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElseThrow()
                .json();
        draw(picture, "--low-memory").succeeds();
        ModelCase.requireImage(folder, picture.path("image"));
    }

    @Test
    void weightsAreParsedAsInTheWebUi() {
        Json.read(FILES.resolve("expected.json")).path("parsed").fields().forEachRemaining(entry -> {
            List<WeightedPrompt.Part> parts =
                    WeightedPrompt.parse(entry.getKey()).parts();
            assertThat(parts).as(entry.getKey()).hasSize(entry.getValue().size());
            for (int i = 0; i < parts.size(); i++) {
                JsonNode expected = entry.getValue().get(i);
                assertThat(parts.get(i).text()).isEqualTo(expected.get(0).asText());
                assertThat(parts.get(i).weight())
                        .as(entry.getKey())
                        .isCloseTo(expected.get(1).asDouble(), org.assertj.core.api.Assertions.within(1e-11));
            }
        });
    }

    static Stream<Map.Entry<String, String>> refused() {
        return Stream.of(
                Map.entry(
                        "--prompt-style a1111 --prompt [cat:dog:0.5]",
                        "\"[cat:dog:0.5]\", which in this style changes"),
                Map.entry("--prompt-style a1111 --prompt [cat|dog]", "is not supported; write the prompt without it"),
                Map.entry("--prompt-style a1111 --prompt <lora:x:1>", "names a network (give it with --lora)"),
                Map.entry("--prompt-style a1111 --prompt (x:1.2.3)", "the weight \"1.2.3\", expected a number"),
                Map.entry("--clip-skip 2 --prompt x", "2 layers cannot leave out the last 2; give --clip-skip 0 to 1"),
                Map.entry("--clip-skip -1 --prompt x", "Cannot leave out -1 layers"),
                Map.entry("--embedding absent.safetensors --prompt x", "There is no embedding file"),
                Map.entry(
                        "--embedding FILES/style.safetensors:red</w> --prompt x", "has the token \"red</w>\" already"),
                Map.entry("--embedding FILES/model/text_encoder/model.safetensors --prompt x", "holds tensors"));
    }

    @Test
    void picklesAndVectorsOfOtherModelsAreRefused() throws Exception {
        Path model = ModelCase.copyBase("sd15", folder.resolve("model"));
        Path pickle = Files.write(folder.resolve("style.pt"), new byte[] {'P', 'K', 3, 4});
        Object[] rest = {"--prompt", "x", "--out", folder.resolve("x.png")};
        Mixdq.run(Mixdq.join(new Object[] {"infer", "--model", model, "--embedding", pickle}, rest))
                .fails(1, "style.pt is a PyTorch pickle", "safetensors.torch.save_file");
        Path wide = folder.resolve("wide.safetensors");
        SafetensorsWriter.write(wide, Map.of("emb_params", Tensor.zeros(DType.F32, Shape.of(2, 768))), Map.of());
        Mixdq.run(Mixdq.join(new Object[] {"infer", "--model", model, "--embedding", wide}, rest))
                .fails(1, "holds vectors of 768 values", "{text_encoder=16}");
    }

    @Test
    void aSampleSizeOfTwoNumbersIsHeightAndWidth() throws Exception {
        Path model = ModelCase.copyBase("sd15", folder.resolve("model"));
        Path config = model.resolve("unet/config.json");
        ObjectNode json = Json.read(config).deepCopy();
        json.putArray("sample_size").add(4).add(6);
        Json.write(config, json);
        Mixdq.run("infer", "--model", model, "--prompt", "x", "--steps", 1, "--out", folder.resolve("x.png"))
                .succeeds();
        RgbImage picture = Png.decode(folder.resolve("x.png"));
        assertThat(List.of(picture.height(), picture.width())).isEqualTo(List.of(32, 48));
    }

    /** Each chunk has a first token of its own, which BOS-aware layers would clip. */
    @Test
    void aQuantizedModelReadsChunksAsWellAsOne() throws Exception {
        Path calib = folder.resolve("calib");
        Path w8a8 = folder.resolve("w8a8");
        Object[] model = {"--model", Shipped.MODEL};
        Mixdq.run(Mixdq.join(
                        new Object[] {"calibrate"},
                        Mixdq.join(model, "--captions", Shipped.CAPTIONS, "--samples", 4, "--out", calib)))
                .succeeds();
        Mixdq.run(Mixdq.join(
                        new Object[] {"ptq"},
                        Mixdq.join(
                                model,
                                "--calib",
                                calib,
                                "--scheme",
                                Shipped.ROOT.resolve("configs/schemes/w8a8.yaml"),
                                "--ablation",
                                0,
                                "--out",
                                w8a8)))
                .succeeds();
        String prompt = "a red circle in snow BREAK a blue square at night BREAK a green star";
        Object[] draw = Mixdq.join(
                new Object[] {"infer"}, Mixdq.join(model, "--prompt-style", "a1111", "--prompt", prompt, "--seed", 3));
        Mixdq.run(Mixdq.join(draw, "--out", folder.resolve("float.png"))).succeeds();
        Mixdq.run(Mixdq.join(draw, "--quantized", w8a8, "--out", folder.resolve("int.png")))
                .succeeds();
        byte[] expected = Png.decode(folder.resolve("float.png")).rgb();
        byte[] actual = Png.decode(folder.resolve("int.png")).rgb();
        double squares = 0;
        for (int i = 0; i < expected.length; i++) {
            double distance = (expected[i] & 0xff) - (actual[i] & 0xff);
            squares += distance * distance / expected.length;
        }
        double psnr = 10 * Math.log10(255 * 255 / squares);
        System.out.println("chunks in integers: " + psnr + " dB");
        assertThat(psnr).isGreaterThan(30);
    }

    @ParameterizedTest
    @MethodSource
    void refused(Map.Entry<String, String> given) {
        Path model = ModelCase.copyBase("sd15", folder.resolve("model"));
        List<Object> arguments = new ArrayList<>(List.of("infer", "--model", model, "--out", folder.resolve("x.png")));
        arguments.addAll(
                List.of(given.getKey().replace("FILES", FILES.toString()).split(" ")));
        Mixdq.run(arguments.toArray()).fails(given.getKey().contains("model.safetensors") ? 1 : 2, given.getValue());
    }
}
