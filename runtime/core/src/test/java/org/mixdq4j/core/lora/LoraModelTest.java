package org.mixdq4j.core.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.network.source.ModelSources;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class LoraModelTest {
    private static final ModelSource MODEL = ModelSources.open(Shipped.path("cases/base/sd15"));
    private static final String LAYER = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    private static final String FLAT = "lora_unet_" + LAYER.replace('.', '_');

    @TempDir
    Path folder;

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    @Test
    void aProductIsAddedInFp32ScaledByAlphaOverRankAndByTheUser() {
        pair(FLAT, 8, 8);
        tensors.put(FLAT + ".alpha", Tensor.of(Shape.of(), 1f));
        LoraModel merged = open(0.5);
        try (StoredWeights before = MODEL.weights("unet");
                StoredWeights after = merged.weights("unet")) {
            String weight = LAYER + ".weight";
            assertThat(after.dtype(weight)).isEqualTo(DType.F32);
            float[] old = before.tensor(weight).toFloatArray();
            float[] now = after.tensor(weight).toFloatArray();
            float[] down = tensors.get(FLAT + ".lora_down.weight").toFloatArray();
            float[] up = tensors.get(FLAT + ".lora_up.weight").toFloatArray();
            for (int o = 0; o < 8; o++) {
                for (int i = 0; i < 8; i++) {
                    float product = up[2 * o] * down[i] + up[2 * o + 1] * down[8 + i];
                    assertThat(now[8 * o + i]).isEqualTo(old[8 * o + i] + 0.25f * product);
                }
            }
            assertThat(after.tensor(weight, 3, 6).toFloatArray())
                    .containsExactly(after.tensor(weight).slice(3, 6).toFloatArray());
            assertThat(after.storedType(weight)).isEqualTo("F16");
        }
    }

    @Test
    void layersTheModelLacksAreCountedAndOthersStillChanged() {
        pair(FLAT, 8, 8);
        pair("lora_te2_text_model_encoder_layers_0_self_attn_q_proj", 8, 8);
        LoraModel merged = open(1);
        assertThat(merged.notes())
                .singleElement()
                .asString()
                .contains("1 of the 2 layers", "text_model_encoder_layers_0_self_attn_q_proj");
        try (StoredWeights after = merged.weights("unet")) {
            assertThat(after.dtype(LAYER + ".weight")).isEqualTo(DType.F32);
        }
    }

    @ParameterizedTest
    @CsvSource({
        ".dora_scale,a DoRA",
        ".lora_magnitude_vector.weight,a DoRA",
        ".hada_w1_a,a LoHa",
        ".lokr_w1,a LoKr",
        ".oft_blocks,an OFT",
        ".diff,a whole difference",
        ".lora_B.bias,with biases",
        ".strange,no part of a LoRA"
    })
    void otherAdaptersAreRefusedByName(String ending, String kind) {
        pair(FLAT, 8, 8);
        tensors.put(FLAT + ending, Tensor.of(Shape.of(1), 1f));
        refused(kind, FLAT + ending);
    }

    @Test
    void settingsOfPeftThatChangeTheArithmeticAreRefused() {
        pair("unet." + LAYER, 8, 8);
        SafetensorsWriter.write(
                folder.resolve("lora.safetensors"),
                tensors,
                Map.of("lora_adapter_metadata", "{\"unet.lora_alpha\": 4, \"unet.use_dora\": true}"));
        assertThatThrownBy(() -> LoraModel.open(MODEL, List.of(new LoraUse(folder.resolve("lora.safetensors"), 1))))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("use_dora");
    }

    @Test
    void aLoraOfAnotherFamilyGetsOneSentence() {
        pair("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k", 8, 2048);
        refused(
                "(made for Stable Diffusion XL)",
                "does not fit the StableDiffusionPipeline",
                "8 rows of 2048",
                "[8, 16]");
        tensors.clear();
        pair("lora_unet_joint_blocks_0_x_block_attn_qkv", 48, 16);
        refused("(made for Stable Diffusion 3)", "the model has none of its 1 layers");
        tensors.clear();
        pair("transformer.single_transformer_blocks.0.attn.to_q", 48, 16);
        pair("text_encoder.text_model.encoder.layers.0.self_attn.q_proj", 16, 16);
        refused("(made for Flux)", "the model has none of its layers for the noise predictor");
    }

    @Test
    void halvesAndMisfitsAreRefused() {
        pair(FLAT, 8, 8);
        tensors.remove(FLAT + ".lora_up.weight");
        refused("only a part of the change", "lora_down");
        tensors.put(FLAT + ".lora_up.weight", Tensor.zeros(DType.F32, Shape.of(8, 3)));
        refused("cannot be multiplied", "[2, 8]", "[8, 3]");
        tensors.clear();
        refused("holds no tensors");
    }

    @Test
    void loRasAreAPartOfTheFingerprint() {
        pair(FLAT, 8, 8);
        ModelFingerprint plain = ModelFingerprint.of(MODEL);
        ModelFingerprint half = ModelFingerprint.of(open(0.5));
        ModelFingerprint whole = ModelFingerprint.of(open(1));
        Set<String> none = Set.of();
        assertThat(half.mismatch("from", ModelFingerprint.of(open(0.5)), "m", none))
                .isEmpty();
        assertThat(ModelFingerprint.fromJson(half.toJson()).mismatch("from", half, "m", none))
                .isEmpty();
        assertThat(plain.mismatch("from", half, "m", none))
                .contains("without --lora, but now it is --lora lora.safetensors:0.5");
        assertThat(half.mismatch("from", plain, "m", none))
                .contains("with --lora lora.safetensors:0.5, but now there is none");
        assertThat(half.mismatch("from", whole, "m", none))
                .contains("with --lora lora.safetensors:0.5, but now it is --lora lora.safetensors:1");
    }

    @Test
    void theOptionIsAFileAndMaybeAScale() {
        pair(FLAT, 8, 8);
        open(1);
        String file = folder.resolve("lora.safetensors").toString();
        assertThat(LoraUse.parse(file).scale()).isEqualTo(1);
        assertThat(LoraUse.parse(file + ":-0.25").scale()).isEqualTo(-0.25);
        assertThatThrownBy(() -> LoraUse.parse(file + ":NaN")).isInstanceOf(UsageException.class);
        assertThatThrownBy(() -> LoraUse.parse(file + ":")).isInstanceOf(UsageException.class);
        assertThatThrownBy(() -> LoraUse.parse(file + "x:1")).isInstanceOf(UsageException.class);
    }

    /** Factors of rank 2. */
    private void pair(String layer, int rows, int columns) {
        boolean kohya = layer.startsWith("lora_");
        tensors.put(layer + (kohya ? ".lora_down" : ".lora_A") + ".weight", numbers(2, columns));
        tensors.put(layer + (kohya ? ".lora_up" : ".lora_B") + ".weight", numbers(rows, 2));
    }

    private static Tensor numbers(int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(1 + i);
        }
        return Tensor.of(Shape.of(rows, columns), values);
    }

    private LoraModel open(double scale) {
        Path file = folder.resolve("lora.safetensors");
        SafetensorsWriter.write(file, tensors, Map.of());
        return LoraModel.open(MODEL, List.of(new LoraUse(file, scale)));
    }

    private void refused(String... parts) {
        assertThatThrownBy(() -> open(1))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll(parts)
                .hasMessageNotContaining("\n");
    }
}
