package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Files whose layers are of 4-bit codes in groups, asym_w4a8_int8 of ComfyUI. */
class ComfyGroupedTest {
    private static final String LAYER = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn1.to_q";
    private static final int STEP = 18;

    @TempDir
    static Path shared;

    /** All layers as 8-bit integers. */
    private static Path plain;
    /** One of them as codes. */
    private static Path grouped;

    @TempDir
    Path folder;

    @BeforeAll
    static void write() throws IOException {
        String scheme = Files.readString(Shipped.ROOT.resolve("configs/schemes/comfy.yaml"));
        Path fast = Files.writeString(shared.resolve("comfy.yaml"), scheme.replace("worst: 0.01", "worst: 0"));
        Path checkpoint = shared.resolve("comfy");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), fast, checkpoint))
                .succeeds();
        plain = shared.resolve("int8.safetensors");
        Mixdq.run("export", "--model", Shipped.MODEL, "--quantized", checkpoint, "--format", "comfy", "--out", plain)
                .succeeds();
        grouped = shared.resolve("grouped.safetensors");
        copy(plain, grouped, tensors -> {});
    }

    /** A copy of a file in which the layer is of codes, then changed. */
    private static void copy(Path from, Path to, Consumer<Map<String, Tensor>> change) {
        try (SafetensorsFile opened = SafetensorsFile.open(from)) {
            Map<String, Tensor> tensors = new TreeMap<>();
            opened.names().forEach(name -> tensors.put(name, opened.tensor(name)));
            Tensor integers = tensors.get(LAYER + ".weight");
            int rows = integers.shape().dim(0);
            int inputs = integers.shape().dim(1);
            Tensor packed = Tensor.zeros(DType.U8, Shape.of(rows, inputs / 2));
            ByteBuffer codes = packed.buffer();
            ByteBuffer q = integers.buffer();
            while (q.hasRemaining()) {
                codes.put((byte) (code(q.get()) | code(q.get()) << 4));
            }
            float[] factors = new float[rows * inputs / 16];
            Arrays.fill(factors, STEP);
            float[] scales = tensors.remove(LAYER + ".weight_scale").toFloatArray();
            tensors.put(LAYER + ".weight", packed);
            tensors.put(LAYER + ".weight_s_rel", Tensor.of(Shape.of(rows, inputs / 16), factors));
            tensors.put(LAYER + ".weight_s_channel", Tensor.of(Shape.of(rows), scales));
            tensors.put(LAYER + ".comfy_quant", text("{\"format\":\"asym_w4a8_int8\",\"convrot_groupsize\":16}"));
            change.accept(tensors);
            SafetensorsWriter.write(to, tensors, opened.metadata());
        }
    }

    private static int code(int integer) {
        return Math.max(0, Math.min(15, Math.round((float) integer / STEP) + 8));
    }

    private static Tensor text(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return Tensor.wrap(
                DType.U8,
                Shape.of(bytes.length),
                ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
    }

    private byte[] picture(Path model, Object... more) {
        Path out = folder.resolve("picture.png");
        Mixdq.run(Mixdq.join(Shipped.infer(model, out), more)).succeeds();
        return Png.decode(out).rgb();
    }

    @Test
    void theyDrawWhatTheirIntegersDraw() throws IOException {
        byte[] drawn = picture(Shipped.MODEL, "--quantized", grouped);
        Path expanded = folder.resolve("expanded.safetensors");
        try (SafetensorsFile opened = SafetensorsFile.open(plain)) {
            Map<String, Tensor> tensors = new TreeMap<>();
            opened.names().forEach(name -> tensors.put(name, opened.tensor(name)));
            Tensor integers = tensors.get(LAYER + ".weight");
            Tensor wanted = Tensor.zeros(DType.I8, integers.shape());
            ByteBuffer to = wanted.buffer();
            ByteBuffer from = integers.buffer();
            while (from.hasRemaining()) {
                to.put((byte) Math.max(-127, Math.min(127, (code(from.get()) - 8) * STEP)));
            }
            tensors.put(LAYER + ".weight", wanted);
            tensors.put(
                    LAYER + ".comfy_quant",
                    text("{\"format\":\"int8_tensorwise\",\"convrot\":true,\"convrot_groupsize\":16}"));
            SafetensorsWriter.write(expanded, tensors, opened.metadata());
        }
        assertThat(picture(Shipped.MODEL, "--quantized", expanded)).isEqualTo(drawn);
        assertThat(picture(grouped, "--base", Shipped.MODEL)).isEqualTo(drawn);
        assertThat(drawn).isNotEqualTo(picture(Shipped.MODEL, "--quantized", plain));
        // Written once more it is a file of 8-bit integers.
        Path again = folder.resolve("again.safetensors");
        Mixdq.run("export", "--model", Shipped.MODEL, "--quantized", grouped, "--format", "comfy", "--out", again)
                .succeeds();
        try (SafetensorsFile one = SafetensorsFile.open(again);
                SafetensorsFile other = SafetensorsFile.open(expanded)) {
            assertThat(one.names()).isEqualTo(other.names());
            assertThat(one.tensor(LAYER + ".weight").buffer())
                    .isEqualTo(other.tensor(LAYER + ".weight").buffer());
        }
        assertThat(picture(Shipped.MODEL, "--quantized", again)).isEqualTo(drawn);
        // The file alone is model and checkpoint.
        Path alone = folder.resolve("alone.safetensors");
        Mixdq.run("export", "--model", grouped, "--base", Shipped.MODEL, "--format", "comfy", "--out", alone)
                .succeeds();
        assertThat(Files.size(alone)).isEqualTo(Files.size(again));
        assertThat(picture(alone, "--base", Shipped.MODEL)).isEqualTo(drawn);
    }

    @Test
    void otherCommandsTakeThem() {
        assertThat(Mixdq.run("info", grouped, "--base", Shipped.MODEL)
                        .succeeds()
                        .out())
                .startsWith("Stable Diffusion XL, quantized for ComfyUI: 1 layer in 4-bit codes in groups of 16"
                        + " (asym_w4a8_int8), inputs rotated: 1 in runs of 16; ")
                .contains(" layers in 8-bit integers (int8_tensorwise), inputs rotated: ");
        Object[] onnx = {"export", "--model", Shipped.MODEL, "--quantized", grouped, "--format", "onnx"};
        Mixdq.run(Mixdq.join(onnx, "--components", "unet", "--height", 32, "--width", 32, "--out", folder.resolve("o")))
                .succeeds();
        Object[] evaluate = {"evaluate", "--model", Shipped.MODEL, "--captions", Shipped.CAPTIONS, "--count", 1};
        Object[] small = {"--height", 32, "--width", 32, "--quantized", grouped, "--out", folder.resolve("e")};
        Mixdq.run(Mixdq.join(evaluate, small)).succeeds();
        // As a float model they are none.
        Mixdq.run(Mixdq.join(Shipped.calibrate(grouped, folder.resolve("calib")), "--base", Shipped.MODEL))
                .fails(1, "the form of another quantizer; give the float checkpoint");
    }

    private Mixdq.Outcome damaged(Consumer<Map<String, Tensor>> damage) {
        Path bad = folder.resolve("bad.safetensors");
        copy(plain, bad, damage);
        return Mixdq.run(Mixdq.join(Shipped.infer(Shipped.MODEL, folder.resolve("none.png")), "--quantized", bad));
    }

    @Test
    void settingsMustFit() {
        for (Map.Entry<String, String> bad : Map.of(
                        "\"group_size\":5", "weights in groups of 5 (group_size), expected 4, 8, 16 or a multiple",
                        "\"group_size\":1073741824", "weights in groups of 1073741824 (group_size)",
                        "\"group_size\":\"16\"", "weights in groups of \"16\" (group_size)",
                        "\"convrot_groupsize\":32", "inputs rotated in runs of 32",
                        "\"convrot_groupsize\":16,\"convrot\":false", "not rotated (convrot), expected that they are",
                        "\"block\":1", "has the settings [block]")
                .entrySet()) {
            String settings = "{\"format\":\"asym_w4a8_int8\"," + bad.getKey()
                    + (bad.getKey().contains("convrot_g") ? "}" : ",\"convrot_groupsize\":16}");
            damaged(tensors -> tensors.put(LAYER + ".comfy_quant", text(settings)))
                    .fails(1, bad.getValue());
        }
        damaged(tensors -> tensors.put(LAYER + ".comfy_quant", text("{\"format\":\"int8_tensorwise\"}")))
                .fails(1, "holds weights of the type U8, expected I8 by its settings");
        damaged(tensors -> tensors.put(LAYER + ".comfy_quant", text("{\"format\":\"svdquant_w4a4\"}")))
                .fails(1, "is quantized as 'svdquant_w4a4', expected int8_tensorwise or asym_w4a8_int8");
    }

    @Test
    void tensorsMustFit() {
        damaged(tensors -> tensors.remove(LAYER + ".weight_s_rel")).fails(1, "has no '" + LAYER + ".weight_s_rel'");
        damaged(tensors -> tensors.remove(LAYER + ".weight_s_channel"))
                .fails(1, "has no '" + LAYER + ".weight_s_channel'");
        damaged(tensors -> tensors.put(LAYER + ".weight_s_channel", Tensor.of(Shape.of(), 1f)))
                .fails(1, "are F32[], expected F32 with one number for each of");
        damaged(tensors -> tensors.put(LAYER + ".weight_s_rel", Tensor.of(Shape.of(1, 2), 1f, 1f)))
                .fails(1, "are F32[1, 2], expected F8_E4M3 or F32 [");
        damaged(tensors -> tensors.compute(
                        LAYER + ".weight_s_rel",
                        (name, factors) -> Tensor.of(
                                factors.shape(), nan((int) factors.shape().elements()))))
                .fails(1, "weight_s_rel' of", "holds NaN, expected finite numbers");
        damaged(tensors -> tensors.put(LAYER + ".weight_codebook", Tensor.of(Shape.of(3), 1f, 2f, 3f)))
                .fails(1, "are F32[3], expected F32[16]");
        damaged(tensors -> tensors.put(LAYER + ".weight_codebook", Tensor.of(Shape.of(16), nan(16))))
                .fails(1, "weight_codebook' of", "holds NaN");
        damaged(tensors -> tensors.put(LAYER + ".weight_correction", Tensor.of(Shape.of(1), 1f)))
                .fails(1, "weight_correction', offsets of its groups, which are not read");
    }

    private static float[] nan(int count) {
        float[] values = new float[count];
        Arrays.fill(values, Float.NaN);
        return values;
    }
}
