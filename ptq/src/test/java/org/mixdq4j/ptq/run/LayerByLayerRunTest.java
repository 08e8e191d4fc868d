package org.mixdq4j.ptq.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.scheme.Scheme;
import org.mixdq4j.ptq.scheme.SchemeReader;

/** Where nothing has to be measured on them, layers are quantized one by one as they are written: the bytes are the same. */
class LayerByLayerRunTest {
    private static final Path SCHEMES = Path.of(System.getProperty("mixdq.root"), "configs/schemes");
    private static final Scheme W8A8 =
            SchemeReader.read(SCHEMES.resolve("w8a8.yaml")).withoutProtection();

    @TempDir
    private static Path shared;

    private static InstrumentedExecutor executor;
    private static CalibrationSet set;

    @TempDir
    Path dir;

    @BeforeAll
    static void calibrate() {
        executor = Executors.instrumented();
        set = TinyModel.calibrate(shared.resolve("calib"), executor);
    }

    @AfterAll
    static void close() {
        executor.close();
    }

    /** Counts the networks it loads. */
    private static final class Loads implements InstrumentedExecutor {
        private final List<String> loaded = new ArrayList<>();

        @Override
        public String description() {
            return executor.description();
        }

        @Override
        public Weights load(WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
            return executor.load(weights, quantized, numerics);
        }

        @Override
        public Instrumented compile(
                Graph graph, Set<String> steady, WeightSource weights, QuantizedLayers quantized, Numerics numerics) {
            loaded.add(graph.name());
            return executor.compile(graph, steady, weights, quantized, numerics);
        }

        @Override
        public void close() {}
    }

    private Path run(Scheme scheme, int ablation, InstrumentedExecutor on) {
        Path out = dir.resolve("out" + ablation);
        PtqRequest request = new PtqRequest(TinyModel.FOLDER, set, scheme, ablation, true, out);
        WatchedRun watched = new WatchedRun();
        PtqSummary summary = watched.run(request, on);
        int quantized = summary.formCounts().values().stream()
                .mapToInt(Integer::intValue)
                .sum();
        assertThat(watched.stages()).contains("quantizing layers " + quantized);
        return out;
    }

    private static String digest(Path out) {
        return Sha256.of(QuantizedCheckpoint.weightsFile(out, "unet"));
    }

    @Test
    void theSameBytesAsWhenAllAreHeld() {
        assertThat(digest(run(W8A8, 0, executor))).isEqualTo(digest(run(W8A8, 1, executor)));
    }

    @Test
    void nothingIsLeftOfTheTensorsPutAside() throws IOException {
        Path out = run(W8A8, 0, executor);
        try (Stream<Path> files = Files.list(out.resolve("unet"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "config.json",
                            QuantizedCheckpoint.weightsFile(out, "unet")
                                    .getFileName()
                                    .toString());
        }
    }

    @Test
    void theFloatNetworkIsLoadedForStatisticsOnly() {
        Loads loads = new Loads();
        run(W8A8, 0, loads);
        assertThat(loads.loaded).hasSize(1);
        loads.loaded.clear();
        run(SchemeReader.read(SCHEMES.resolve("w4a16.yaml")).withoutProtection(), 0, loads);
        assertThat(loads.loaded).isEmpty();
    }
}
