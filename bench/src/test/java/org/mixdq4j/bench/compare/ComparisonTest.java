package org.mixdq4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.bench.Main;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.progress.Progress;

/** Contenders run the same network: in float they agree, and integers are as far from that as integers are. */
class ComparisonTest {
    private static final Path ROOT = Path.of(System.getProperty("mixdq.root"), "util_files");

    @TempDir
    Path dir;

    @Test
    void allContendersComputeTheSameNetwork() {
        Component component = Component.open(ROOT.resolve("models/tiny-sdxl-turbo/vae"));
        Comparison comparison =
                new Comparison(Main.class, component, new NetworkShape(1, 6, 8, 77), Optional.empty(), dir);
        comparison.run(List.of(Contender.PYTORCH, Contender.ORT_FLOAT, Contender.ORT), 1, 3, 2, Progress.SILENT);
        JsonNode contenders = comparison.json().path("contenders");
        assertThat(contenders.path("pytorch").path("ratio_to_first").asDouble()).isEqualTo(1);
        assertThat(contenders.path("ort-float").path("output_sqnr_db").asDouble())
                .isGreaterThan(90);
        assertThat(contenders.path("ort").path("output_sqnr_db").asDouble()).isBetween(12.0, 60.0);
        for (JsonNode contender : contenders) {
            assertThat(contender.path("step_seconds")).hasSize(3);
            assertThat(contender.path("median_seconds").asDouble()).isPositive();
            assertThat(contender.path("peak_bytes").asLong()).isGreaterThan(10_000_000);
        }
        assertThat(comparison.table()).hasSize(4);
        assertThat(comparison.table().get(3)).startsWith("ONNX Runtime, INT8");
    }
}
