package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Checkpoints in the form of ComfyUI and stable-diffusion.cpp: written, read back, and refused. */
class ComfyExportTest {
    private static final Path SD3 = Shipped.ROOT.resolve("util_files/models/tiny-sd3");
    private static final String LAYER = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn1.to_q";

    @TempDir
    static Path shared;

    private static Path checkpoint;
    private static Path file;

    @TempDir
    Path folder;

    /** The scheme that ships, without the measurement of which layers to protect. */
    private static Path scheme() throws IOException {
        String text = Files.readString(Shipped.ROOT.resolve("configs/schemes/comfy.yaml"));
        assertThat(text).contains("worst: 0.01");
        return Files.writeString(shared.resolve("comfy.yaml"), text.replace("worst: 0.01", "worst: 0"));
    }

    @BeforeAll
    static void quantize() throws IOException {
        checkpoint = shared.resolve("comfy");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), scheme(), checkpoint))
                .succeeds();
        file = shared.resolve("int8.safetensors");
        Mixdq.run(export(Shipped.MODEL, checkpoint, file)).succeeds();
    }

    private static Object[] export(Path model, Path quantized, Path out, Object... more) {
        return Mixdq.join(
                new Object[] {
                    "export", "--model", model, "--quantized", quantized, "--format", "comfy", "--out", out, "--json"
                },
                more);
    }

    private byte[] picture(Path model, Object... more) {
        Path out = folder.resolve("picture.png");
        Mixdq.run(Mixdq.join(Shipped.infer(model, out), more)).succeeds();
        return Png.decode(out).rgb();
    }

    private static int largestDifference(byte[] one, byte[] other) {
        int largest = 0;
        for (int i = 0; i < one.length; i++) {
            largest = Math.max(largest, Math.abs((one[i] & 0xFF) - (other[i] & 0xFF)));
        }
        return largest;
    }

    @Test
    void readBackItDrawsTheBytesOfItsCheckpoint() {
        byte[] drawn = picture(Shipped.MODEL, "--quantized", checkpoint);
        assertThat(drawn).isNotEqualTo(picture(Shipped.MODEL));
        assertThat(picture(Shipped.MODEL, "--quantized", file)).isEqualTo(drawn);
        // As the whole model it is integer by itself.
        assertThat(picture(file, "--base", Shipped.MODEL)).isEqualTo(drawn);
        // Sums of a simulation are equal, floats between them are rounded otherwise.
        assertThat(largestDifference(picture(file, "--base", Shipped.MODEL, "--execution", "simulated"), drawn))
                .isLessThan(5);

        Path alone = folder.resolve("unet.safetensors");
        Mixdq.run(export(Shipped.MODEL, checkpoint, alone, "--denoiser-only")).succeeds();
        try (SafetensorsFile opened = SafetensorsFile.open(alone)) {
            assertThat(opened.names()).contains("input_blocks.0.0.weight").noneMatch(name -> name.contains("model."));
        }
        assertThat(picture(Shipped.MODEL, "--quantized", alone)).isEqualTo(drawn);
        // Written once more from the file, it is the same file.
        Path again = folder.resolve("again.safetensors");
        Mixdq.run(export(Shipped.MODEL, file, again)).succeeds();
        try (SafetensorsFile one = SafetensorsFile.open(file);
                SafetensorsFile other = SafetensorsFile.open(again)) {
            assertThat(other.names()).isEqualTo(one.names());
            one.names().forEach(name -> assertThat(other.tensor(name).buffer())
                    .as(name)
                    .isEqualTo(one.tensor(name).buffer()));
        }
    }

    @Test
    void itIsEvaluatedLikeItsCheckpoint() {
        Path out = folder.resolve("evaluation");
        Object[] evaluate = {"evaluate", "--model", Shipped.MODEL, "--captions", Shipped.CAPTIONS, "--count", 2};
        Mixdq.run(Mixdq.join(
                        evaluate,
                        "--height",
                        32,
                        "--width",
                        32,
                        "--quantized",
                        "folder=" + checkpoint,
                        "--quantized",
                        "file=" + file,
                        "--out",
                        out))
                .succeeds();
        JsonNode variants = Json.read(out.resolve("evaluation.json")).path("variants");
        assertThat(variants).hasSize(2);
        assertThat(variants.get(1).path("ssim")).isEqualTo(variants.get(0).path("ssim"));
        assertThat(variants.get(1).path("layers")).isEqualTo(variants.get(0).path("layers"));
    }

    @Test
    void nothingIsLostByItsOwnScheme() {
        JsonNode summary = Json.parse(
                Mixdq.run(export(Shipped.MODEL, checkpoint, file, "--overwrite"))
                        .succeeds()
                        .out(),
                "summary");
        assertThat(summary.path("approximated")).isEmpty();
        assertThat(summary.path("in_fp16")).isEmpty();
        assertThat(summary.path("integer_layers")).isNotEmpty();
        try (SafetensorsFile opened = SafetensorsFile.open(file)) {
            Shape shape = opened.shape(LAYER + ".weight");
            assertThat(opened.dtype(LAYER + ".weight")).isEqualTo(DType.I8);
            assertThat(opened.dtype(LAYER + ".weight_scale")).isEqualTo(DType.F32);
            assertThat(opened.shape(LAYER + ".weight_scale")).isEqualTo(Shape.of(shape.dim(0), 1));
            // No stacks in a UNet: each layer has settings of its own.
            Map<String, Long> written = opened.names().stream()
                    .filter(name -> name.endsWith(".comfy_quant"))
                    .map(name -> settings(opened, name))
                    .collect(Collectors.groupingBy(text -> text, Collectors.counting()));
            Map<String, Long> expected = new HashMap<>();
            Json.read(checkpoint.resolve("quantization_config.json"))
                    .path("layers")
                    .forEach(layer ->
                            expected.merge(settings(layer.path("rotation").asInt()), 1L, Long::sum));
            assertThat(written).isEqualTo(expected).hasSizeGreaterThan(1);
            assertThat(opened.names().stream().filter(name -> opened.dtype(name) == DType.F32))
                    .allMatch(name -> name.endsWith(".weight_scale"));
        }
        assertThat(Mixdq.run("info", file, "--base", Shipped.MODEL).succeeds().out())
                .startsWith("Stable Diffusion XL, quantized for ComfyUI: ")
                .contains(
                        " layers in 8-bit integers (int8_tensorwise), inputs rotated: ",
                        "Stable Diffusion XL in one file");
    }

    private static String settings(SafetensorsFile file, String name) {
        byte[] text = new byte[(int) file.byteSize(name)];
        file.tensor(name).buffer().get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static String settings(int rotation) {
        return rotation == 0
                ? "{\"format\":\"int8_tensorwise\"}"
                : "{\"format\":\"int8_tensorwise\",\"convrot\":true,\"convrot_groupsize\":" + rotation + "}";
    }

    @Test
    void whatAnotherSchemeLosesIsListed() {
        JsonNode summary = Json.parse(
                Mixdq.run(export(Shipped.MODEL, Shipped.checkpoint(), folder.resolve("w8a8.safetensors")))
                        .succeeds()
                        .out(),
                "summary");
        assertThat(summary.path("in_fp16").path("convolution")).isNotEmpty();
        assertThat(summary.path("approximated").path("inputs by row instead of by a fixed range"))
                .hasSameSizeAs(summary.path("integer_layers"));
        assertThat(summary.path("approximated").path("the first token quantized like the others"))
                .isNotEmpty();
    }

    @Test
    void theTransformersStacksAndExchangedHalvesComeBack() throws IOException {
        Path calibration = folder.resolve("calib");
        Mixdq.run(Mixdq.join(Shipped.calibrate(SD3, calibration), "--steps", 2, "--no-t5"))
                .succeeds();
        Path quantized = folder.resolve("sd3");
        Mixdq.run(Shipped.ptq(SD3, calibration, scheme(), quantized)).succeeds();
        Path exported = folder.resolve("sd3.safetensors");
        JsonNode summary = Json.parse(
                Mixdq.run(export(SD3, quantized, exported)).succeeds().out(), "summary");
        assertThat(summary.path("in_fp16")).isEmpty();
        Object[] few = {"--steps", 2, "--no-t5"};
        byte[] drawn = picture(SD3, Mixdq.join(few, "--quantized", quantized));
        assertThat(picture(SD3, Mixdq.join(few, "--quantized", exported))).isEqualTo(drawn);
        assertThat(picture(exported, Mixdq.join(few, "--base", SD3))).isEqualTo(drawn);
    }

    private Mixdq.Outcome damaged(Consumer<Map<String, Tensor>> damage, Map<String, String> metadata) {
        Path bad = folder.resolve("bad.safetensors");
        try (SafetensorsFile opened = SafetensorsFile.open(file)) {
            Map<String, Tensor> tensors = new TreeMap<>();
            opened.names().stream()
                    .filter(name -> name.startsWith("model.diffusion_model."))
                    .forEach(name -> tensors.put(name, opened.tensor(name)));
            damage.accept(tensors);
            SafetensorsWriter.write(bad, tensors, metadata);
        }
        return Mixdq.run(Mixdq.join(Shipped.infer(Shipped.MODEL, folder.resolve("none.png")), "--quantized", bad));
    }

    private static Tensor text(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return Tensor.wrap(
                DType.U8,
                Shape.of(bytes.length),
                ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
    }

    @Test
    void formsThatAreNotReadAreRefusedByName() {
        for (Map.Entry<String, String> form : Map.of(
                        "{\"format\":\"nvfp4\"}",
                        "quantized as 'nvfp4', expected int8_tensorwise or asym_w4a8_int8",
                        "{\"format\":\"int8_tensorwise\",\"convrot\":true,\"convrot_groupsize\":48}",
                        "inputs rotated in runs of 48 (convrot_groupsize), expected a power of 4",
                        "{\"format\":\"int8_tensorwise\",\"convrot\":true,\"convrot_groupsize\":\"16\"}",
                        "inputs rotated in runs of \"16\" (convrot_groupsize), expected a power of 4",
                        "{\"format\":\"int8_tensorwise\",\"convrot\":true,\"convrot_groupsize\":4096}",
                        "inputs rotated in runs of 4096 (convrot_groupsize), expected a power of 4 from 4 to 4096 that divides",
                        "{\"format\":\"int8_tensorwise\",\"zero_point\":3}",
                        "has the settings [zero_point]",
                        "[]",
                        "expected int8_tensorwise",
                        "{\"format\":",
                        "is truncated",
                        "[".repeat(4000),
                        "is not valid JSON",
                        "[".repeat(5000),
                        "has 5000 bytes, expected a line of JSON")
                .entrySet()) {
            damaged(tensors -> tensors.put(LAYER + ".comfy_quant", text(form.getKey())), Map.of())
                    .fails(1, form.getValue());
        }
        damaged(tensors -> tensors.remove(LAYER + ".comfy_quant"), Map.of())
                .fails(1, "expected '" + LAYER + ".comfy_quant' beside it");
    }

    @Test
    void theSettingsMayStandInTheMetadata() {
        String settings = "{\"layers\":{\"" + LAYER + "\":{\"format\":\"int8_tensorwise\"}}}";
        damaged(tensors -> tensors.remove(LAYER + ".comfy_quant"), Map.of("_quantization_metadata", settings))
                .succeeds();
    }

    @Test
    void scalesMustFit() {
        damaged(tensors -> tensors.put(LAYER + ".weight_scale", Tensor.of(Shape.of(3), 1, 1, 1)), Map.of())
                .fails(1, "are F32[3], expected F32 with one number or one for each of");
        damaged(tensors -> tensors.remove(LAYER + ".weight_scale"), Map.of())
                .fails(1, "has no '" + LAYER + ".weight_scale'");
        damaged(tensors -> tensors.put(LAYER + ".weight_scale", Tensor.of(Shape.of(), Float.NaN)), Map.of())
                .fails(1, "hold NaN, expected finite numbers above 0");
        // One number for all rows is the tensor-wise form.
        damaged(tensors -> tensors.put(LAYER + ".weight_scale", Tensor.of(Shape.of(), 0.001f)), Map.of())
                .succeeds();
    }

    @Test
    void filesOfOtherModelsAreRefused() throws IOException {
        Mixdq.run(Mixdq.join(Shipped.infer(SD3, folder.resolve("none.png")), "--quantized", file))
                .fails(1, "has no tensor", "give the file and a --model of the same kind");
        Path model = Shipped.linked(folder.resolve("model"));
        Path weights = Shipped.own(model, Shipped.UNET_WEIGHTS);
        Damage.flipBit(weights, (int) Files.size(weights) - 2);
        Mixdq.run(Mixdq.join(Shipped.infer(model, folder.resolve("none.png")), "--quantized", file))
                .fails(1, "was made from");
        Path cut = folder.resolve("cut.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(cut, Arrays.copyOf(bytes, bytes.length - 100));
        Mixdq.run(Mixdq.join(Shipped.infer(Shipped.MODEL, folder.resolve("none.png")), "--quantized", cut))
                .fails(1, "cut.safetensors");
        Mixdq.run(export(Shipped.MODEL, checkpoint, file)).fails(2, "exists already");
    }
}
