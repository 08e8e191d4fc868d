package org.mixdq4j.ptq.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsSource;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.ptq.forms.LayerPlanner;
import org.mixdq4j.ptq.rounding.RoundingReport;
import org.mixdq4j.ptq.scheme.Scheme;
import org.mixdq4j.ptq.scheme.SchemeReader;

/** The stage on the tiny model and four calibration samples. */
class PtqRunTest {
    private static final String STATISTICS = "activation_statistics.safetensors";
    private static final Path SCHEMES = Path.of(System.getProperty("mixdq.root"), "configs/schemes");
    private static final Scheme W8A8 = measuredOnOneRow(SchemeReader.read(SCHEMES.resolve("w8a8.yaml")));
    private static final Scheme NAIVE = SchemeReader.read(SCHEMES.resolve("w8a8-naive.yaml"));
    private static final Graph GRAPH = TinyModel.graph();
    private static final int LAYERS = GRAPH.layers().size();

    @TempDir
    private static Path shared;

    private static InstrumentedExecutor executor;
    private static CalibrationSet set;
    private static Path written;
    private static PtqSummary summary;

    @TempDir
    Path dir;

    private final List<String> stages = new ArrayList<>();
    private int collected;

    @BeforeAll
    static void quantizeOnce() {
        executor = Executors.instrumented();
        set = TinyModel.calibrate(shared.resolve("calib"), executor);
        written = shared.resolve("w8a8");
        summary = new PtqRunTest().run(W8A8, written, "");
    }

    @AfterAll
    static void close() {
        executor.close();
    }

    private static Scheme measuredOnOneRow(Scheme scheme) {
        Scheme.KeepFloat keep = scheme.keep();
        return new Scheme(
                scheme.name(),
                scheme.weights(),
                scheme.activations(),
                scheme.split(),
                scheme.bos(),
                new Scheme.KeepFloat(keep.roles(), keep.worst(), 1, keep.layers()));
    }

    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** @param stopAt stage at whose beginning the run is stopped; empty for none */
    private PtqSummary run(Scheme scheme, Path out, String stopAt) {
        StatisticsSource source = (graph, keys, momentum, batch, model, calibration, progress) -> {
            collected++;
            return TinyModel.statistics(graph, keys, momentum, model, calibration);
        };
        Progress progress = new Progress() {
            @Override
            public void begin(String stage, long total) {
                if (stage.equals(stopAt)) {
                    throw new Stopped();
                }
                stages.add(stage);
            }

            @Override
            public void at(long done) {}

            @Override
            public void end() {}
        };
        return new PtqRun(new PtqRequest(TinyModel.FOLDER, set, scheme, 2, true, out), source, executor, progress)
                .run();
    }

    private static Map<String, String> digests(Path folder) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> digests.put(folder.relativize(file).toString(), Sha256.of(file)));
        }
        return digests;
    }

    @Test
    void theSummarySaysWhatWasDone() {
        int worst = (int) Math.ceil(0.01 * LAYERS);

        assertThat(summary.formCounts()).containsOnly(Map.entry("W8A8", LAYERS - worst), Map.entry("float", worst));
        assertThat(summary.alone()).hasSize(LAYERS);
        assertThat(summary.floatLayers().keySet())
                .isEqualTo(Set.copyOf(
                        summary.worst(worst).stream().map(Map.Entry::getKey).toList()));
        assertThat(summary.float32Bytes()).isEqualTo(4 * GRAPH.parameterCount());
        assertThat((double) summary.quantizedBytes() / summary.float32Bytes()).isLessThanOrEqualTo(0.30);
        assertThat(summary.quality().keySet())
                .containsExactly("as written", "without BOS-aware", "without split", "without layers kept in float");
        assertThat(summary.qualityRows()).isEqualTo(2);
        double full = summary.quality().get("as written");
        assertThat(full).isGreaterThan(20);
        assertThat(summary.quality().get("without BOS-aware")).isLessThan(full - 3);
        assertThat(summary.quality().get("without layers kept in float")).isLessThan(full);
        assertThat(written.resolve("summary.json")).hasContent(Json.toPrettyString(summary.toJson()));
    }

    @Test
    void theCheckpointGivesBackTheLayersThatWereWritten() {
        try (StoredWeights source = TinyModel.FOLDER.weights("unet");
                QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(written)) {
            checkpoint.verify();
            checkpoint.requireMadeFrom(ModelFingerprint.of(TinyModel.FOLDER), "tiny");
            assertThat(checkpoint.bytes()).isEqualTo(summary.quantizedBytes());
            assertThat(checkpoint.config().floatLayers()).isEqualTo(summary.floatLayers());
            assertThat(checkpoint.config().scheme())
                    .isEqualTo(Json.parse(W8A8.toJson().toString(), "scheme"));
            LayerPlanner planner = new LayerPlanner(GRAPH);
            LayerQuantizer quantizer =
                    LayerPlanner.quantizer(CheckpointNames.adapt(source, GRAPH), statistics(written), W8A8);
            QuantizedLayers layers = checkpoint.layers();
            assertThat(layers.ids()).hasSize(LAYERS - summary.floatLayers().size());
            layers.forEach((id, found) -> {
                LayerQuant quant = checkpoint.config().layers().get(id);
                assertThat(quant).isEqualTo(planner.quant(GRAPH.node(id), W8A8));
                same(found, quantizer.quantize(GRAPH.node(id), quant));
            });
            for (String id : summary.floatLayers().keySet()) {
                assertThat(checkpoint.floatWeights().tensor(id + ".weight").buffer())
                        .isEqualTo(source.tensor(id + ".weight").buffer());
            }
        }
    }

    /** Those the run left beside the checkpoint, whatever they are called there. */
    private static ActivationStatistics statistics(Path folder) {
        String identity;
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(STATISTICS))) {
            identity = file.metadata().get("identity");
        }
        return ActivationStatistics.read(folder.resolve(STATISTICS), identity).orElseThrow();
    }

    private static void same(QuantizedLayer found, QuantizedLayer expected) {
        assertThat(found.bos()).isEqualTo(expected.bos());
        assertThat(found.bias().map(Tensor::buffer)).isEqualTo(expected.bias().map(Tensor::buffer));
        assertThat(found.segments()).hasSameSizeAs(expected.segments());
        for (int i = 0; i < expected.segments().size(); i++) {
            Segment a = found.segments().get(i);
            Segment b = expected.segments().get(i);
            assertThat(List.of(a.from(), a.to())).containsExactly(b.from(), b.to());
            assertThat(a.weight().buffer()).isEqualTo(b.weight().buffer());
            assertThat(a.weightScale()).containsExactly(b.weightScale());
            assertThat(a.activation()).isEqualTo(b.activation());
        }
    }

    @Test
    void theSameInputsGiveTheSameBytesEvenAfterAStop() throws IOException {
        Path out = dir.resolve("again");
        Path partial = dir.resolve("again.partial");
        assertThatThrownBy(() -> run(W8A8, out, "quality of variants")).isInstanceOf(Stopped.class);
        assertThat(out).doesNotExist();
        Object statistics = Files.getAttribute(partial.resolve(STATISTICS), "unix:ino");
        Object probe = Files.getAttribute(partial.resolve("layer_sensitivity.json"), "unix:ino");
        collected = 0;
        stages.clear();

        run(W8A8, out, "");

        assertThat(collected).as("statistics gathered again").isZero();
        assertThat(stages).containsExactly("quantizing layers", "quality of variants");
        assertThat(Files.getAttribute(out.resolve(STATISTICS), "unix:ino")).isEqualTo(statistics);
        assertThat(Files.getAttribute(out.resolve("layer_sensitivity.json"), "unix:ino"))
                .isEqualTo(probe);
        assertThat(partial).doesNotExist();
        assertThat(digests(out)).isEqualTo(digests(written));
    }

    @Test
    void whatAnotherSchemeMeasuredIsNotTakenOver() throws IOException {
        Path out = dir.resolve("naive");
        Path partial = Files.createDirectory(dir.resolve("naive.partial"));
        for (String file : List.of(STATISTICS, "layer_sensitivity.json")) {
            Files.copy(written.resolve(file), partial.resolve(file));
        }

        PtqSummary naive = run(NAIVE, out, "");

        assertThat(collected).as("the statistics of both are the same").isZero();
        assertThat(digests(out))
                .containsOnlyKeys(
                        STATISTICS,
                        "calibration_settings.json",
                        "inputs.json",
                        "quantization_config.json",
                        "summary.json",
                        "unet/config.json",
                        "unet/diffusion_pytorch_model.safetensors");
        assertThat(naive.formCounts()).containsExactly(Map.entry("W8A8", LAYERS));
        assertThat(naive.alone()).isEmpty();
        assertThat(naive.quality()).containsOnlyKeys("as written");
        assertThat(naive.quality().get("as written"))
                .isLessThan(summary.quality().get("as written"));
    }

    @Test
    void roundingByWhatLayersReadIsMeasuredAndSurvivesAStop() throws IOException {
        // The last blocks alone: what is rounded, and whether it helps, is the same question for all.
        Scheme.KeepFloat keep = new Scheme.KeepFloat(
                Set.of(), 0, 1, List.of("down*", "mid*", "up_blocks.[01]*", "conv_*", "time*", "add*"));
        Scheme.Weights four = new Scheme.Weights(4, 0, RangeMethod.MINMAX, Scheme.Rounding.GPTQ);
        Scheme scheme = new Scheme("gptq", four, W8A8.activations(), true, true, keep);
        Path out = dir.resolve("gptq");

        PtqSummary whole = run(scheme, out, "");

        RoundingReport rounding = whole.rounding().orElseThrow();
        assertThat(rounding.kept()).isTrue();
        assertThat(rounding.chosenSqnr()).isGreaterThan(rounding.nearestSqnr() + 3);
        assertThat(Json.read(out.resolve("summary.json")).path("rounding"))
                .isEqualTo(Json.parse(rounding.toJson().toString(), "rounding"));
        assertThat(out.resolve("rounding")).doesNotExist();
        assertThat(summary.rounding()).as("nothing was asked for in 8 bits").isEmpty();
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(out)) {
            checkpoint.verify();
            assertThat(checkpoint.layers().ids())
                    .hasSize(LAYERS - whole.floatLayers().size());
        }
        Path again = dir.resolve("again");
        assertThatThrownBy(() -> run(scheme, again, "comparing roundings")).isInstanceOf(Stopped.class);
        stages.clear();
        run(scheme, again, "");
        assertThat(stages).containsExactly("quantizing layers", "comparing roundings", "quality of variants");
        assertThat(digests(again)).isEqualTo(digests(out));
    }

    static Stream<Scheme.KeepFloat> everything() {
        return Stream.of(
                new Scheme.KeepFloat(Set.of(), 0, 2, List.of("*")),
                new Scheme.KeepFloat(Set.of(), 1, 2, List.of()),
                new Scheme.KeepFloat(Set.of(Scheme.Role.INPUT), 0, 2, List.of("conv_out", "*.*")),
                new Scheme.KeepFloat(Set.of(Scheme.Role.INPUT), 0.999, 2, List.of()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("everything")
    void refusesToKeepEveryLayerInFloat(Scheme.KeepFloat keep) {
        Scheme scheme = new Scheme("none", W8A8.weights(), W8A8.activations(), true, true, keep);

        assertThatThrownBy(() -> run(scheme, dir.resolve("out"), ""))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("The scheme none keeps all " + LAYERS + " layers in float");
        assertThat(collected).isZero();
        assertThat(dir.resolve("out")).doesNotExist();
    }

    @Test
    void replacesACheckpointOnlyWhenAskedAndNothingElseEver() throws IOException {
        Map<String, String> before = digests(written);
        PtqRequest request = new PtqRequest(TinyModel.FOLDER, set, W8A8, 2, false, written);
        assertThatThrownBy(() -> new PtqRun(request, null, executor, Progress.SILENT).run())
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--overwrite");
        PtqRun same = new PtqRun(request, null, executor, Progress.SILENT);
        assertThat(same.finished()).isTrue();
        assertThat(same.finishedSummary().path("layers")).isNotEmpty();
        PtqRequest replacing = new PtqRequest(TinyModel.FOLDER, set, W8A8, 2, true, written);
        assertThat(new PtqRun(replacing, null, executor, Progress.SILENT).finished())
                .isFalse();
        PtqRequest otherInputs = new PtqRequest(TinyModel.FOLDER, set, W8A8, 1, false, written);
        assertThat(new PtqRun(otherInputs, null, executor, Progress.SILENT).finished())
                .isFalse();
        Path mine = Files.createDirectory(dir.resolve("mine"));
        Files.writeString(mine.resolve("notes.txt"), "mine");
        assertThatThrownBy(() -> run(W8A8, mine, ""))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("is no quantized checkpoint");
        assertThat(digests(written)).isEqualTo(before);
        assertThat(mine.resolve("notes.txt")).hasContent("mine");
    }

    @Test
    void aDamagedCheckpointIsNoticed() throws IOException {
        Path copy = dir.resolve("copy");
        for (String name : digests(written).keySet()) {
            Files.createDirectories(copy.resolve(name).getParent());
            Files.copy(written.resolve(name), copy.resolve(name));
        }
        Path weights = copy.resolve("unet/diffusion_pytorch_model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);

        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(copy)) {
            assertThatThrownBy(checkpoint::verify)
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("was changed or damaged");
            assertThatThrownBy(() -> checkpoint.requireMadeFrom(
                            new ModelFingerprint(Map.of("unet", "12".repeat(32))), "another"))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("--model another");
        }
    }
}
