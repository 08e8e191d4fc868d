package org.mixdq4j.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.network.source.ModelFolder;

class ModelFolderTest {
    @TempDir
    Path root;

    private void index(String json) throws Exception {
        Files.writeString(root.resolve("model_index.json"), json);
    }

    private static void refused(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call).isInstanceOf(MixdqException.class).hasMessageContainingAll(parts);
    }

    @Test
    void aComponentIsThereIfTheIndexListsItAndItsFolderExists() throws Exception {
        index("{\"_class_name\": \"StableDiffusionXLPipeline\", \"unet\": [\"diffusers\", \"UNet2DConditionModel\"],"
                + " \"vae\": [\"diffusers\", \"AutoencoderKL\"], \"safety_checker\": [null, null]}");
        for (String folder : new String[] {"unet", "safety_checker", "stray"}) {
            Files.createDirectory(root.resolve(folder));
        }
        ModelFolder model = ModelFolder.open(root);

        assertThat(model.pipelineClass()).isEqualTo("StableDiffusionXLPipeline");
        assertThat(model.has("unet")).isTrue();
        assertThat(model.has("vae")).as("listed, no folder").isFalse();
        assertThat(model.has("safety_checker")).as("listed as absent").isFalse();
        assertThat(model.has("stray")).as("folder, not listed").isFalse();
        assertThat(model.component("unet")).isEqualTo(root.resolve("unet"));
        refused(() -> model.component("vae"), "has no component 'vae', which a StableDiffusionXLPipeline needs");
        refused(() -> model.config("unet"), "config.json");
        refused(() -> model.weights("unet"), "no .safetensors file in");
        refused(model::schedulerConfig, "'scheduler'");
    }

    @Test
    void refusesWhatIsNoModel() throws Exception {
        refused(() -> ModelFolder.open(root.resolve("none")), "There is no model ");
        refused(() -> ModelFolder.open(root), "has no model_index.json");
        index("{\"unet\": []}");
        refused(() -> ModelFolder.open(root), "names no pipeline (_class_name)");
        index("[1, 2]");
        refused(() -> ModelFolder.open(root), "names no pipeline (_class_name)");
        index("{\"_class_name\": \"Stable");
        refused(() -> ModelFolder.open(root), "is truncated");
    }

    @Test
    void foldersOfTheHubsCacheAndNamesOfRepositoriesAreKnown() throws Exception {
        Path cached = root.resolve("models--org--name");
        Path snapshot = Files.createDirectories(cached.resolve("snapshots/0123abc"));
        refused(
                () -> ModelFolder.open(cached),
                "is the cache folder of the repository org/name; pass its snapshot: --model " + snapshot);
        Files.createDirectories(cached.resolve("snapshots/4567def"));
        refused(() -> ModelFolder.open(cached), "pass one of its snapshots, one of [0123abc, 4567def]");
        Files.createDirectories(cached.resolve("refs"));
        Files.writeString(cached.resolve("refs/main"), "4567def");
        refused(() -> ModelFolder.open(cached), "pass its snapshot: --model " + cached.resolve("snapshots/4567def"));
        refused(() -> ModelFolder.open(cached.resolve("snapshots")), "pass its snapshot: --model ", "4567def");
        refused(
                () -> ModelFolder.open(root),
                "is the cache of the hub; pass a snapshot of one of its repositories [org/name]");
        refused(
                () -> ModelFolder.open(Path.of("stabilityai/sdxl-turbo")),
                "looks like the name of a repository",
                "hf download stabilityai/sdxl-turbo --local-dir FOLDER");
    }

    @Test
    void refusesPipelinesItCannotRun() throws Exception {
        index("{\"_class_name\": \"KandinskyPipeline\"}");
        refused(() -> DiffusionNetwork.of(ModelFolder.open(root)), "is a KandinskyPipeline; supported are");
    }

    @Test
    void aNetworkIsBuiltForSizesTheVaeCanDraw() {
        ModelFolder tiny =
                ModelFolder.open(Path.of(System.getProperty("mixdq.root"), "util_files/models/tiny-sdxl-turbo"));
        DiffusionNetwork network = DiffusionNetwork.of(tiny);

        assertThat(network.defaultHeight()).isEqualTo(96);
        assertThat(network.defaultWidth()).isEqualTo(96);
        assertThat(network.graph(64, 96).inputs().get("sample").shape().toArray())
                .containsExactly(1, 4, 8, 12);
        for (int[] size : new int[][] {{0, 96}, {96, -8}, {96, 100}, {92, 96}}) {
            assertThatThrownBy(() -> network.graph(size[0], size[1]))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("multiples of 8");
        }
    }
}
