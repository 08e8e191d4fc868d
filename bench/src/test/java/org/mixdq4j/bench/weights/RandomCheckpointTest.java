package org.mixdq4j.bench.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.DType;

/** Checkpoints of random weights are read like any other, are the same for a seed, and of the size of trained ones. */
class RandomCheckpointTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"), "util_files");

    @TempDir
    Path dir;

    private Path write(String folder, long seed, long shard, String name) {
        Component component = Component.open(ROOT.resolve(folder));
        Path out = dir.resolve(name);
        RandomCheckpoint.write(out, component.config(), component.graphs(), seed, shard, Progress.SILENT);
        return out;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fixtures/mmdit_sd35",
                "models/tiny-sdxl-turbo/unet",
                "models/tiny-sd3/vae",
                "models/tiny-sd3/text_encoder"
            })
    void everyNetworkFindsItsTensors(String folder) {
        Path out = write(folder, 1, 300_000, "one");
        Component written = Component.open(out);
        try (SafetensorsFolder weights = SafetensorsFolder.open(out)) {
            assertThat(weights.files()).hasSizeGreaterThan(1);
            for (SafetensorsFile file : weights.files()) {
                long bytes = file.names().stream().mapToLong(file::byteSize).sum();
                assertThat(bytes <= 300_000 || file.names().size() == 1).isTrue();
            }
            for (Graph graph : written.graphs()) {
                CheckpointNames.adapt(weights, graph);
            }
        }
    }

    @Test
    void theSeedDecidesTheBytesAndShardsDoNot() throws IOException {
        Path one = write("fixtures/mmdit_sd3", 7, Long.MAX_VALUE / 2, "one");
        Path same = write("fixtures/mmdit_sd3", 7, Long.MAX_VALUE / 2, "same");
        Path other = write("fixtures/mmdit_sd3", 8, Long.MAX_VALUE / 2, "other");
        Path shards = write("fixtures/mmdit_sd3", 7, 100_000, "shards");
        String file = "diffusion_pytorch_model.safetensors";
        assertThat(one.resolve(file)).hasSameBinaryContentAs(same.resolve(file));
        assertThat(Files.mismatch(one.resolve(file), other.resolve(file))).isNotNegative();
        try (Stream<Path> files = Files.list(one)) {
            assertThat(files.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder(file, "config.json");
        }
        try (SafetensorsFolder whole = SafetensorsFolder.open(one);
                SafetensorsFolder parts = SafetensorsFolder.open(shards)) {
            assertThat(parts.names()).containsExactlyInAnyOrderElementsOf(whole.names());
            whole.names().forEach(name -> assertThat(parts.tensor(name).buffer())
                    .as(name)
                    .isEqualTo(whole.tensor(name).buffer()));
        }
    }

    @Test
    void layersPassOnWhatTheyReadAtItsSize() {
        try (SafetensorsFolder weights =
                SafetensorsFolder.open(write("models/tiny-sd3/transformer", 3, 1 << 30, "one"))) {
            assertThat(weights.dtype("proj_out.weight")).isEqualTo(DType.F16);
            double inputs = 512;
            assertThat(deviation(weights, "transformer_blocks.0.ff.net.2.weight"))
                    .isCloseTo(1 / Math.sqrt(inputs), within(0.002));
            assertThat(deviation(weights, "pos_embed.proj.weight")).isCloseTo(1 / Math.sqrt(16 * 4), within(0.005));
            assertThat(weights.tensor("proj_out.bias").toFloatArray()).containsOnly(0);
        }
        try (SafetensorsFolder weights = SafetensorsFolder.open(write("fixtures/mmdit_sd35", 3, 1 << 30, "two"))) {
            assertThat(weights.tensor("transformer_blocks.0.attn.norm_q.weight").toFloatArray())
                    .containsOnly(1);
            assertThat(weights.tensor("pos_embed.pos_embed").toFloatArray()[32]).isZero();
        }
    }

    private static double deviation(SafetensorsFolder weights, String name) {
        float[] values = weights.tensor(name).toFloatArray();
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum / values.length);
    }

    @Test
    void aTensorIsTheSameInHoweverManyPartsItIsWritten() {
        Graph graph = Component.open(ROOT.resolve("full_size/sd3-medium/transformer"))
                .graphs()
                .get(0);
        RandomWeights weights = new RandomWeights(graph, 5);
        String name = "transformer_blocks.0.norm1.linear.weight";
        assertThat(weights.partCount(name)).isEqualTo(14);
        List<java.nio.ByteBuffer> together =
                weights.parts(name, 11, 14).stream().map(part -> part.buffer()).toList();
        for (int i = 0; i < 3; i++) {
            assertThat(weights.parts(name, 11 + i, 12 + i).get(0).buffer()).isEqualTo(together.get(i));
        }
    }
}
