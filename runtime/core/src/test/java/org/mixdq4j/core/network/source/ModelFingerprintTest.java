package org.mixdq4j.core.network.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class ModelFingerprintTest {
    @TempDir
    Path root;

    private final ObjectNode unet = Json.mapper().createObjectNode();
    private final Tensor small = Tensor.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
    /** 5 MiB: every fifth row is looked at. */
    private final Tensor large = Tensor.zeros(DType.F32, Shape.of(1280, 1024));

    @BeforeEach
    void makeModel() {
        ObjectNode index = Json.mapper().createObjectNode();
        index.put("_class_name", "StableDiffusionXLPipeline");
        index.putArray("unet").add("diffusers").add("UNet2DConditionModel");
        index.putArray("vae").add("diffusers").add("AutoencoderKL");
        Json.write(root.resolve("model_index.json"), index);
        unet.put("a", 1).put("b", 2).put("_diffusers_version", "0.30").put("_name_or_path", "/home/somebody");
        weights("vae", small);
    }

    private void weights(String component, Tensor... tensors) {
        Map<String, Tensor> named = new java.util.LinkedHashMap<>();
        for (int i = 0; i < tensors.length; i++) {
            named.put("w" + i, tensors[i]);
        }
        Path folder = root.resolve(component);
        Json.write(
                folder.resolve("config.json"),
                component.equals("unet") ? unet : Json.mapper().createObjectNode());
        SafetensorsWriter.write(folder.resolve("diffusion_pytorch_model.safetensors"), named, Map.of());
    }

    private ModelFingerprint fingerprint() {
        weights("unet", small, large);
        return ModelFingerprint.of(ModelFolder.open(root));
    }

    @Test
    void isOfTheComponentsThatAreThereAndStable() {
        ModelFingerprint first = fingerprint();

        assertThat(first.components()).containsOnlyKeys("unet", "vae");
        assertThat(first.components().values()).allMatch(digest -> digest.matches("[0-9a-f]{64}"));
        assertThat(fingerprint()).isEqualTo(first);
        assertThat(ModelFingerprint.fromJson(first.toJson())).isEqualTo(first);
        assertThat(first.brief("unet")).hasSize(12);
        assertThat(first.brief("transformer")).isEqualTo("none");
    }

    /** A T5 may be missing from the folder, or have been missing: models are run without it. */
    @Test
    void whatModelsCanDoWithoutNeedNotBeThere() {
        ModelFingerprint without = fingerprint();
        ObjectNode index = (ObjectNode) Json.read(root.resolve("model_index.json"));
        index.putArray("text_encoder_3").add("transformers").add("T5EncoderModel");
        Json.write(root.resolve("model_index.json"), index);
        assertThat(fingerprint()).isEqualTo(without);
        weights("text_encoder_3", small);
        ModelFingerprint with = fingerprint();

        assertThat(with.components()).containsKey("text_encoder_3");
        assertThat(with.difference(without, Set.of())).isEmpty();
        assertThat(without.difference(with, Set.of())).isEmpty();
        weights("text_encoder_3", large);
        assertThat(fingerprint().difference(with, Set.of())).contains("text_encoder_3");
    }

    @Test
    void oneWeightChangesIt() {
        ModelFingerprint before = fingerprint();
        small.floats().put(5, Math.nextUp(6f));

        ModelFingerprint after = fingerprint();

        assertThat(before.difference(after, Set.of())).contains("unet");
        assertThat(before.difference(after, Set.of("unet"))).isEmpty();
        assertThat(after.components().get("vae")).isEqualTo(before.components().get("vae"));
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({"a, 3", "c, 1"})
    void oneFieldChangesIt(String field, int value) {
        ModelFingerprint before = fingerprint();
        unet.put(field, value);
        assertThat(fingerprint().difference(before, Set.of())).contains("unet");
    }

    @Test
    void fieldsDoNotRunIntoEachOther() {
        ModelFingerprint before = fingerprint();
        unet.remove("a");
        unet.remove("b");
        unet.put("a1b", 2);
        assertThat(fingerprint()).isNotEqualTo(before);
    }

    @Test
    void provenanceAndOrderOfFieldsDoNot() {
        ModelFingerprint before = fingerprint();
        unet.removeAll();
        unet.put("b", 2).put("torch_dtype", "float16").put("a", 1).put("_diffusers_version", "0.99");
        assertThat(fingerprint()).isEqualTo(before);
    }

    @Test
    void ofALargeTensorEvenlySpacedRowsAreLookedAt() {
        ModelFingerprint before = fingerprint();
        large.floats().put(6 * 1024 + 17, 1f);
        assertThat(fingerprint()).as("row 6").isEqualTo(before);
        large.floats().put(1275 * 1024 + 17, 1f);
        assertThat(fingerprint()).as("row 1275").isNotEqualTo(before);
    }

    @Test
    void readsTensorsOver2GiB() throws IOException {
        long bytes = 3L << 30;
        ModelFingerprint before = sparse(bytes, -1);
        // 3072 MiB in 3072 rows: every 3072nd row, so the first.
        assertThat(sparse(bytes, 5)).isNotEqualTo(before);
        assertThat(sparse(bytes, -1)).isEqualTo(before);
    }

    /** A component with one tensor of zeros that takes no space on the disk. @param changed byte that is 1 */
    private ModelFingerprint sparse(long bytes, long changed) throws IOException {
        Path folder = root.resolve("vae");
        String header =
                "{\"big\":{\"dtype\":\"U8\",\"shape\":[3072,1048576],\"data_offsets\":[0," + bytes + "]}}       ";
        header = header.substring(0, header.length() / 8 * 8);
        Path file = folder.resolve("diffusion_pytorch_model.safetensors");
        Files.delete(file);
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.writeLong(Long.reverseBytes(header.length()));
            out.write(header.getBytes(StandardCharsets.UTF_8));
            out.setLength(8 + header.length() + bytes);
            if (changed >= 0) {
                out.seek(8 + header.length() + changed);
                out.write(1);
            }
        }
        weights("unet", small);
        return ModelFingerprint.of(ModelFolder.open(root));
    }
}
