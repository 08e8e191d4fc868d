package org.mixdq4j.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class SafetensorsFolderTest {
    private static final String INDEX = "model.safetensors.index.json";
    private static final String SHARD_1 = "model-00001-of-00002.safetensors";
    private static final String SHARD_2 = "model-00002-of-00002.safetensors";

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "diffusion_pytorch_model.safetensors",
                "model.safetensors",
                "diffusion_pytorch_model.fp16.safetensors",
                "diffusion_pytorch_model.non_ema.safetensors",
                "model.bf16.safetensors",
                "model.fp16.safetensors"
            })
    void readsTheOnlyCheckpoint(String name) throws IOException {
        store(name, "w", 1f);
        store("io.safetensors", "unrelated", 2f);
        Files.writeString(dir.resolve("pytorch_model.bin"), "pickle");
        try (SafetensorsFolder folder = SafetensorsFolder.open(dir)) {
            assertThat(folder.names()).containsExactly("w");
            assertThat(folder.dtype("w")).isEqualTo(DType.F32);
            assertThat(folder.shape("w")).isEqualTo(Shape.of(2));
            assertThat(folder.byteSize("w")).isEqualTo(8);
            assertThat(folder.tensor("w").toFloatArray()).containsExactly(1f, 1f);
            assertThat(folder.tensor("w", 1, 2).toFloatArray()).containsExactly(1f);
            assertThatThrownBy(() -> folder.tensor("v"))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContainingAll(dir.toString(), "no tensor 'v'");
        }
    }

    @Test
    void prefersThePlainCheckpointToTheFp16Variant() {
        store("model.fp16.safetensors", "w", 16f);
        store("model.safetensors", "w", 32f);
        try (SafetensorsFolder folder = SafetensorsFolder.open(dir)) {
            assertThat(folder.tensor("w").toFloatArray()[0]).isEqualTo(32f);
        }
    }

    @Test
    void readsTheVariantAskedFor() {
        store("model.safetensors", "w", 1f);
        store("model.bf16.safetensors", "w", 2f);
        store("model.non_ema-00001-of-00001.safetensors", "w", 3f);
        index("model.safetensors.index.non_ema.json", Map.of("w", "model.non_ema-00001-of-00001.safetensors"));
        assertThat(SafetensorsFolder.variants(dir)).containsExactly("bf16", "non_ema");
        Map<String, Float> expected = Map.of("bf16", 2f, "non_ema", 3f, "fp16", 1f);
        expected.forEach((variant, value) -> {
            try (SafetensorsFolder folder = SafetensorsFolder.open(dir, Optional.of(variant))) {
                assertThat(folder.tensor("w").toFloatArray()[0]).isEqualTo(value);
            }
        });
    }

    @Test
    void asksWhichOfSeveralVariantsIsMeant() {
        store("model.bf16.safetensors", "w", 2f);
        store("model.fp16.safetensors", "w", 3f);
        assertFails(dir, dir.toString(), "bf16, fp16", "--variant");
        try (SafetensorsFolder folder = SafetensorsFolder.open(dir, Optional.of("fp16"))) {
            assertThat(folder.tensor("w").toFloatArray()[0]).isEqualTo(3f);
        }
    }

    @Test
    void readsAFileNamedDirectly() {
        store("anything.safetensors", "w", 1f);
        try (SafetensorsFolder folder = SafetensorsFolder.open(dir.resolve("anything.safetensors"))) {
            assertThat(folder.names()).containsExactly("w");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                INDEX,
                "diffusion_pytorch_model.safetensors.index.json",
                "diffusion_pytorch_model.safetensors.index.fp16.json",
                "diffusion_pytorch_model.safetensors.fp16.index.json",
                "diffusion_pytorch_model.safetensors.index.bf16.json",
                "model.fp16.safetensors.index.json"
            })
    void readsShardsThroughTheirIndex(String indexName) {
        store(SHARD_2, "a", 2f);
        store(SHARD_1, "b", 1f);
        index(indexName, Map.of("a", SHARD_2, "b", SHARD_1));
        try (SafetensorsFolder folder = SafetensorsFolder.open(dir)) {
            assertThat(folder.names()).containsExactly("b", "a");
            assertThat(folder.tensor("a").toFloatArray()[0]).isEqualTo(2f);
            assertThat(folder.tensor("b").toFloatArray()[0]).isEqualTo(1f);
        }
    }

    @Test
    void followsLinksAsDownloadCachesMakeThem(@TempDir Path blobs) throws IOException {
        store(SHARD_1, "a", 1f);
        Path blob = Files.move(dir.resolve(SHARD_1), blobs.resolve("0123abcd"));
        Files.createSymbolicLink(dir.resolve(SHARD_1), blob);
        index(INDEX, Map.of("a", SHARD_1));
        try (SafetensorsFolder folder = SafetensorsFolder.open(dir)) {
            assertThat(folder.tensor("a").toFloatArray()[0]).isEqualTo(1f);
        }
    }

    @Test
    void refusesTwoCheckpoints() {
        store("model.safetensors", "w", 1f);
        index(INDEX, Map.of("w", SHARD_1));
        assertFails(dir, "more than one checkpoint", "model.safetensors", INDEX);
    }

    @Test
    void saysThatTheFolderIsMissing() {
        assertFails(dir.resolve("unet"), dir.resolve("unet").toString(), "does not exist");
    }

    @Test
    void saysThatThereIsNothingToRead() throws IOException {
        assertFails(dir, "no .safetensors file in " + dir);
        Files.writeString(dir.resolve("diffusion_pytorch_model.bin"), "pickle");
        assertFails(dir, "pickle", "diffusion_pytorch_model.bin", "convert");
        assertFails(dir.resolve("diffusion_pytorch_model.bin"), "pickle", "convert");
        store(SHARD_1, "w", 1f);
        assertFails(dir, "index", SHARD_1);
    }

    @Test
    void saysWhichFileIsNoCheckpoint() throws IOException {
        Files.writeString(dir.resolve("notes.txt"), "x");
        assertFails(dir.resolve("notes.txt"), "notes.txt", ".safetensors");
    }

    @Test
    void namesTheMissingShard() {
        store(SHARD_1, "a", 1f);
        index(INDEX, Map.of("a", SHARD_1, "b", SHARD_2));
        assertFails(dir, SHARD_2, INDEX, "missing");
    }

    @Test
    void namesTheTensorThatItsShardLacks() {
        store(SHARD_1, "a", 1f);
        index(INDEX, Map.of("a", SHARD_1, "b", SHARD_1));
        assertFails(dir, SHARD_1, "lacks the tensor 'b'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x.safetensors", "/etc/passwd", "sub/../../x.safetensors", "", ".", "nul\u0000"})
    void refusesAnIndexThatLeavesTheFolder(String shard) {
        index(INDEX, Map.of("a", shard));
        assertFails(dir, "'a'", "outside its folder");
    }

    @Test
    void refusesAnIndexThatIsNone() throws IOException {
        Path index = dir.resolve(INDEX);
        Files.writeString(index, "{\"metadata\": {}}");
        assertFails(dir, INDEX, "weight_map");
        Files.writeString(index, "{\"weight_map\": {\"a\": 3}}");
        assertFails(dir, INDEX, "'a'", "not to a file name");
        Files.writeString(index, "{\"weight_map\": {");
        assertFails(dir, INDEX, "truncated");
    }

    private void store(String file, String name, float value) {
        SafetensorsWriter.write(dir.resolve(file), Map.of(name, Tensor.of(Shape.of(2), value, value)), Map.of());
    }

    private void index(String file, Map<String, String> weightMap) {
        Json.write(dir.resolve(file), Map.of("weight_map", weightMap));
    }

    private static void assertFails(Path path, String... expected) {
        assertThatThrownBy(() -> SafetensorsFolder.open(path))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll(expected)
                .hasMessageNotContaining("\n");
    }
}
