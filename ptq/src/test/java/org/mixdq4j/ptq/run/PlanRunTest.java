package org.mixdq4j.ptq.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.plan.BitTable;
import org.mixdq4j.ptq.probe.QualityProbe;
import org.mixdq4j.ptq.scheme.Scheme;
import org.mixdq4j.ptq.scheme.SchemeReader;

/** The stage by one plan, on the tiny model and four calibration samples. */
class PlanRunTest {
    private static final Path SCHEMES = Path.of(System.getProperty("mixdq.root"), "configs/schemes");
    private static final Scheme MIXED = SchemeReader.read(SCHEMES.resolve("mixed.yaml"));
    private static final Graph GRAPH = TinyModel.graph();
    private static final LayerQuant FLOAT = new LayerQuant(Optional.empty(), Optional.empty(), List.of(), false);

    @TempDir
    private static Path shared;

    private static InstrumentedExecutor executor;
    private static Executor cpu;
    private static CalibrationSet set;

    @TempDir
    Path dir;

    @BeforeAll
    static void calibrate() {
        executor = Executors.instrumented();
        cpu = Executors.named("cpu");
        set = TinyModel.calibrate(shared, executor);
    }

    @AfterAll
    static void close() {
        cpu.close();
        executor.close();
    }

    private static BitTable table(String name, Function<Node, Integer> bits) {
        Map<String, Integer> all = GRAPH.layers().stream().collect(Collectors.toMap(Node::id, bits));
        return new BitTable(Path.of(name), new TreeMap<>(all));
    }

    /** By position, so that all kinds of layers get all bits. */
    private static BitTable cycle(String name, int... bits) {
        int[] next = {0};
        return table(name, layer -> bits[next[0]++ % bits.length]);
    }

    private PtqRequest request(Scheme scheme, BitPlan plan, boolean protect, int rows) {
        return new PtqRequest(
                TinyModel.FOLDER,
                set,
                scheme,
                Optional.of(new PlanChoice.Given(plan, protect)),
                rows,
                false,
                dir.resolve("out"));
    }

    /** Bytes of a layer's tensors as docs/artifacts.md lists them; the shipped weights are F16. */
    private static long bytes(Node layer, LayerQuant quant) {
        int outputs = layer.layer().outputs();
        int taps = layer.op() instanceof Conv2d conv ? conv.kernelHeight() * conv.kernelWidth() : 1;
        int width = layer.layer().inputs() * taps;
        int segments = quant.split().size() + 1;
        long bytes = layer.layer().bias() ? 2L * outputs : 0;
        bytes += quant.activation().isPresent() ? 8L * segments : 0;
        if (quant.weight().isEmpty()) {
            return bytes + 2L * outputs * width;
        }
        int bits = quant.weight().get().bits();
        bytes += 4L * segments * outputs;
        if (bits == 8) {
            return bytes + (long) outputs * width;
        }
        bytes += outputs * ((width * bits + 7L) / 8) + 8L * (taps == 1 && !(layer.op() instanceof Conv2d) ? 2 : 4);
        int from = 0;
        long groups = 0;
        for (int s = 0; s < segments; s++) {
            int to = s < quant.split().size()
                    ? quant.split().get(s)
                    : layer.layer().inputs();
            groups += ((to - from) * taps + 31L) / 32;
            from = to;
        }
        // A multiplier takes the bits that codes leave free.
        return bytes + outputs * ((groups * (8 - bits) + 7) / 8);
    }

    @Test
    void bitsOfPlansBecomeACheckpointOfTheBytesTheySay() {
        BitPlan plan = new BitPlan(
                cycle("plan.yaml", 4, 2, 8, 16, 3), Optional.of(cycle("plan.acts.yaml", 8, 4, 16, 8, 16, 6, 16)));
        PtqSummary summary = new WatchedRun().run(request(MIXED, plan, false, 0), executor);

        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(dir.resolve("out"));
                SafetensorsFile file =
                        SafetensorsFile.open(QuantizedCheckpoint.weightsFile(dir.resolve("out"), "unet"))) {
            checkpoint.verify();
            Map<String, LayerQuant> layers = checkpoint.config().layers();
            Map<String, Long> expected = new TreeMap<>();
            for (Node layer : GRAPH.layers()) {
                Optional<Integer> weight = plan.weights().of(layer.id());
                Optional<Integer> act = plan.acts().orElseThrow().of(layer.id());
                if (weight.isEmpty() && act.isEmpty()) {
                    assertThat(checkpoint.config().floatLayers())
                            .containsEntry(layer.id(), "the plan leaves it in float");
                    expected.merge("float", bytes(layer, FLOAT), Long::sum);
                    continue;
                }
                LayerQuant quant = layers.get(layer.id());
                assertThat(quant.weight().map(w -> w.bits())).isEqualTo(weight);
                assertThat(quant.activation().map(a -> a.bits())).isEqualTo(act);
                expected.merge("W" + weight.orElse(16) + "A" + act.orElse(16), bytes(layer, quant), Long::sum);
            }
            Map<String, Long> layerBytes = new TreeMap<>(summary.network().bytes());
            long other = layerBytes.remove("other");
            assertThat(layerBytes).isEqualTo(expected).hasSizeGreaterThan(12);
            assertThat(summary.formCounts().values().stream()
                            .mapToInt(Integer::intValue)
                            .sum())
                    .isEqualTo(GRAPH.layers().size());
            long tensors = file.names().stream()
                    .mapToLong(name ->
                            file.shape(name).elements() * file.dtype(name).bytes())
                    .sum();
            assertThat(summary.network().total()).isEqualTo(tensors);
            assertThat(other)
                    .isEqualTo(tensors
                            - expected.values().stream()
                                    .mapToLong(Long::longValue)
                                    .sum());
            assertThat(checkpoint
                            .config()
                            .scheme()
                            .path("plan")
                            .path("weights_sha256")
                            .asText())
                    .isEqualTo(plan.weights().digest());
        }
        assertThat(summary.network().weightBits()).isBetween(5.0, 8.0);
        assertThat(summary.toJson().path("plan").path("acts").asText()).isEqualTo("plan.acts.yaml");
    }

    @Test
    void integersOfFourBitsGiveWhatTheirSimulationGives() {
        BitPlan plan = new BitPlan(cycle("plan.yaml", 4, 4, 2, 8), Optional.empty());
        PtqSummary summary = new WatchedRun().run(request(MIXED, plan, false, 4), executor);
        assertThat(summary.formCounts()).containsOnlyKeys("W2A8", "W4A8", "W8A8");

        Sqnr against = new Sqnr();
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(dir.resolve("out"));
                Network integers =
                        cpu.compile(GRAPH, checkpoint.floatWeights(), checkpoint.layers(), Numerics.INTEGER);
                Instrumented simulated =
                        executor.compile(GRAPH, checkpoint.floatWeights(), checkpoint.layers(), Numerics.SIMULATED)) {
            Sqnr toFloat = new Sqnr();
            set.forEachRow(row -> {
                Map<String, Tensor> inputs = row.inputs();
                float[] expected = simulated.run(inputs).get("sample").toFloatArray();
                against.add(expected, integers.run(inputs).get("sample").toFloatArray());
                toFloat.add(row.output().toFloatArray(), expected);
            });
            assertThat(toFloat.decibels())
                    .as("what was measured before writing is what the checkpoint does")
                    .isCloseTo(summary.quality().get("as written"), within(0.01));
            // Sums are the same; floats in between are rounded otherwise, which moves some inputs to the next integer.
            assertThat(against.decibels()).isGreaterThan(toFloat.decibels() + 6);
        }
    }

    @Test
    void weightsAloneNeedNoStatisticsAndIgnoreAPlanOfActivations() throws IOException {
        BitPlan plan = new BitPlan(cycle("plan.yaml", 4, 8), Optional.of(cycle("plan.acts.yaml", 4)));
        WatchedRun watched = new WatchedRun();
        Files.createDirectories(dir.resolve("out.partial"));
        Files.writeString(dir.resolve("out.partial/activation_statistics.safetensors"), "another run's");
        PtqSummary summary = watched.run(request(MIXED.weightsOnly(), plan, false, 2), executor);

        assertThat(watched.collected()).isZero();
        assertThat(summary.formCounts()).containsOnlyKeys("W4A16", "W8A16");
        assertThat(summary.network().activationBits()).isEqualTo(16);
        assertThat(dir.resolve("out/activation_statistics.safetensors")).doesNotExist();
        assertThat(summary.quality()).containsOnlyKeys("as written", "without split");
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(dir.resolve("out"));
                Network model = cpu.compile(GRAPH, checkpoint.floatWeights(), checkpoint.layers(), Numerics.INTEGER)) {
            Sqnr sqnr = new Sqnr();
            for (Map<String, Tensor> inputs : QualityProbe.rows(set, 1)) {
                sqnr.add(set(inputs), model.run(inputs).get("sample").toFloatArray());
            }
            assertThat(sqnr.decibels()).isGreaterThan(10);
        }
    }

    /** What the float network said to these inputs. */
    private static float[] set(Map<String, Tensor> inputs) {
        float[][] found = {null};
        set.forEachRow(row -> {
            if (row.inputs().get("sample").buffer().equals(inputs.get("sample").buffer())) {
                found[0] = row.output().toFloatArray();
            }
        });
        return found[0];
    }

    @Test
    void thePlanDecidesWhatIsProtectedUnlessTheSchemeIsAskedToo() {
        BitPlan plan = new BitPlan(cycle("plan.yaml", 8), Optional.empty());
        Scheme quick = new Scheme(
                "quick",
                MIXED.weights(),
                MIXED.activations(),
                true,
                true,
                new Scheme.KeepFloat(Set.of(), 0.01, 1, List.of()));
        PtqSummary alone = new WatchedRun().run(request(quick, plan, false, 0), executor);
        assertThat(alone.floatLayers()).isEmpty();
        assertThat(alone.alone()).isEmpty();
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(dir.resolve("out"))) {
            assertThat(checkpoint.config().scheme().at("/keep_float/worst").asDouble())
                    .as("the scheme as it was applied")
                    .isZero();
        }
        PtqRequest again = request(quick, plan, true, 0);
        PtqSummary both = new WatchedRun()
                .run(
                        new PtqRequest(again.model(), set, quick, again.plan(), 0, false, dir.resolve("protected")),
                        executor);
        assertThat(both.floatLayers()).hasSize(3).containsKey("conv_out");
    }

    @ParameterizedTest(name = "weights {0}, plan {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "16 | 8  | 4  | which a plan of their bits contradicts",
                "8  | 16 | 16 | with the plan plan.yaml keeps all 263 layers in float",
                "8  | 8  | 16 | with the plan plan.yaml keeps all 263 layers in float",
            })
    void refusesWhatLeavesNothingQuantized(int weights, int acts, int planned, String message) {
        Scheme scheme = new Scheme(
                "s",
                new Scheme.Weights(weights, 0, MIXED.weights().range()),
                acts == 16 ? MIXED.weightsOnly().activations() : MIXED.activations(),
                true,
                true,
                MIXED.keep());
        BitPlan plan = new BitPlan(cycle("plan.yaml", planned), Optional.empty());
        WatchedRun watched = new WatchedRun();
        assertThatThrownBy(() -> watched.run(request(scheme, plan, false, 0), executor))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(message);
        assertThat(watched.collected()).isZero();
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void refusesASchemeThatLeavesAllInFloat() {
        Scheme all = new Scheme(
                "w16a16",
                new Scheme.Weights(16, 0, MIXED.weights().range()),
                MIXED.weightsOnly().activations(),
                true,
                true,
                MIXED.keep());
        PtqRequest request = new PtqRequest(TinyModel.FOLDER, set, all, 0, false, dir.resolve("out"));
        assertThatThrownBy(() -> new WatchedRun().run(request, executor))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("leaves weights and activations in float (bits: 16)");
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void refusesAPlanOfAnotherNetworkBeforeAnythingIsMeasured() {
        BitTable foreign =
                new BitTable(Path.of("plan.yaml"), new TreeMap<>(Map.of("transformer_blocks.0.attn.to_q", 4)));
        WatchedRun watched = new WatchedRun();
        assertThatThrownBy(
                        () -> watched.run(request(MIXED, new BitPlan(foreign, Optional.empty()), false, 0), executor))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("the layer 'transformer_blocks.0.attn.to_q'");
        assertThat(watched.stages()).isEmpty();
        assertThat(dir).isEmptyDirectory();
    }
}
