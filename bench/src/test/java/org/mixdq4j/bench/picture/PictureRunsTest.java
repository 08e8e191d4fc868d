package org.mixdq4j.bench.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.ptq.scheme.SchemeReader;

/** A model of random weights is one that 'mixdq infer' draws with, and says where its time goes. */
class PictureRunsTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"));
    private static final Path TINY = ROOT.resolve("util_files/models/tiny-sdxl-turbo");

    @TempDir
    Path dir;

    private Path model() {
        Path model = dir.resolve("model");
        new RandomModel(TINY, TINY.resolve("tokenizer"), Map.of("text_encoder", TINY.resolve("text_encoder")), 3)
                .write(model, Progress.SILENT);
        return model;
    }

    private List<String> infer(Path model) {
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                "org.mixdq4j.cli.Main",
                "infer",
                "--model",
                model.toString(),
                "--prompt",
                "a red circle"));
    }

    @Test
    void theTimeToAPictureIsSplitIntoStages() {
        Path model = model();
        Path checkpoint = dir.resolve("w8a8");
        ModelQuantizer.write(
                model,
                SchemeReader.read(ROOT.resolve("configs/schemes/w8a8-whole.yaml")),
                new NetworkShape(1, 8, 8, 77),
                1,
                checkpoint,
                Progress.SILENT);
        try (QuantizedCheckpoint written = QuantizedCheckpoint.open(checkpoint)) {
            assertThat(written.holdsDecoder()).isTrue();
            assertThat(written.config().layers()).hasSizeGreaterThan(200);
        }
        List<String> command = infer(model);
        command.addAll(List.of("--quantized", checkpoint.toString()));
        PictureRuns runs = PictureRuns.of(command, dir.resolve("work"), 1, Progress.SILENT);
        JsonNode run = runs.json().get(0);
        JsonNode seconds = run.path("seconds");
        double sum = 0;
        for (String stage : List.of("start", "load", "text", "steps", "decode", "write")) {
            assertThat(seconds.path(stage).asDouble()).as(stage).isPositive();
            sum += seconds.path(stage).asDouble();
        }
        assertThat(sum).isLessThan(seconds.path("total").asDouble());
        assertThat(run.path("seconds_outside").asDouble())
                .isGreaterThan(seconds.path("total").asDouble() - 0.1)
                .isCloseTo(seconds.path("total").asDouble(), within(2.0));
        assertThat(runs.table()).hasSize(10).anyMatch(line -> line.startsWith("decode"));
    }

    @Test
    void whatDoesNotDrawIsReported() {
        List<String> command = infer(dir.resolve("nothing"));
        assertThatThrownBy(() -> PictureRuns.of(command, dir.resolve("work"), 1, Progress.SILENT))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("exit code 1")
                .hasMessageContaining("There is no model");
        RandomModel unknown = new RandomModel(TINY, TINY.resolve("tokenizer"), Map.of("unet2", TINY), 0);
        assertThatThrownBy(() -> unknown.write(dir.resolve("other"), Progress.SILENT))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("unet2");
    }
}
