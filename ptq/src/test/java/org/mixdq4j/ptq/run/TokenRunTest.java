package org.mixdq4j.ptq.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.quantize.statistics.StatisticsSource;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.plan.BitTable;
import org.mixdq4j.ptq.probe.QualityProbe;
import org.mixdq4j.ptq.scheme.Scheme;
import org.mixdq4j.ptq.scheme.SchemeReader;

/** Schemes whose Linears are quantized token by token, on the tiny model. */
class TokenRunTest {
    private static final Path SCHEMES = Path.of(System.getProperty("mixdq.root"), "configs/schemes");
    private static final Graph GRAPH = TinyModel.graph();
    private static final Set<String> ROWS = RowLayers.of(GRAPH);

    @TempDir
    private static Path shared;

    @TempDir
    Path dir;

    private static InstrumentedExecutor executor;
    private static CalibrationSet set;
    private final Set<StatisticsKey> collected = new LinkedHashSet<>();

    @BeforeAll
    static void calibrate() {
        executor = Executors.instrumented();
        set = TinyModel.calibrate(shared.resolve("calib"), executor);
    }

    @AfterAll
    static void close() {
        executor.close();
    }

    private static Scheme shipped(String name) {
        return SchemeReader.read(SCHEMES.resolve(name + ".yaml")).withoutProtection();
    }

    private PtqSummary run(Scheme scheme, Optional<PlanChoice> plan, Path out) {
        StatisticsSource source = (graph, keys, momentum, batch, model, calibration, progress) -> {
            collected.addAll(keys);
            return TinyModel.statistics(graph, keys, momentum, model, calibration);
        };
        return new PtqRun(
                        new PtqRequest(TinyModel.FOLDER, set, scheme, plan, 1, true, out),
                        source,
                        executor,
                        Progress.SILENT)
                .run();
    }

    @Test
    void needsNoRangesOfLinearsAndLeavesInputsOfRowLayersInFloat() {
        Path out = dir.resolve("token");
        PtqSummary summary = run(shipped("w8a8-token"), Optional.empty(), out);

        assertThat(collected)
                .isNotEmpty()
                .noneMatch(key -> GRAPH.node(key.layer()).op() instanceof Linear);
        assertThat(summary.formCounts())
                .containsExactly(
                        Map.entry("W8A16", ROWS.size()),
                        Map.entry("W8A8", GRAPH.layers().size() - ROWS.size()));
        assertThat(summary.balance()).isEmpty();
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(out)) {
            assertThat(checkpoint.bytes()).isEqualTo(summary.quantizedBytes());
            for (Node layer : GRAPH.layers()) {
                LayerQuant quant = checkpoint.config().layers().get(layer.id());
                boolean linear = layer.op() instanceof Linear;
                assertThat(quant.dynamic()).isEqualTo(linear && !ROWS.contains(layer.id()));
                assertThat(quant.bos()).isFalse();
                assertThat(checkpoint.floatWeights().contains(layer.id() + ".input_scale"))
                        .isEqualTo(!linear);
            }
        }
    }

    @Test
    void balancesChannelsAndTheCheckpointRunsInIntegersAsItWasSimulated() {
        Path out = dir.resolve("balanced");
        PtqSummary summary = run(shipped("w4a8-balanced"), Optional.empty(), out);

        var balance = summary.balance().orElseThrow();
        assertThat(balance.multipliers()).isNotEmpty();
        assertThat(balance.choices().values())
                .allSatisfy(choice -> assertThat(choice.alpha().isPresent() || choice.sqnr() == choice.plainSqnr())
                        .isTrue())
                .hasSize((int) GRAPH.layers().stream()
                        .filter(layer -> layer.op() instanceof Linear && !ROWS.contains(layer.id()))
                        .count());
        assertThat(summary.quality()).containsKeys("as written", "without balance");
        assertThat(Json.read(out.resolve("summary.json"))
                        .path("balance")
                        .path("balanced")
                        .asInt())
                .isEqualTo(balance.multipliers().size());
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(out)) {
            checkpoint.verify();
            QuantizedLayers layers = checkpoint.layers();
            layers.forEach((id, layer) -> {
                assertThat(layer.inputMultiplier().isPresent())
                        .isEqualTo(balance.multipliers().containsKey(id));
                assertThat(checkpoint.config().layers().get(id).balanced())
                        .isEqualTo(balance.multipliers().containsKey(id));
                layer.inputMultiplier().ifPresent(found -> assertThat(found)
                        .isEqualTo(balance.multipliers().get(id)));
            });
            Map<String, Tensor> row = QualityProbe.rows(set, 1).get(0);
            // Sums are the same; floats in between are rounded otherwise, which moves some inputs to the next integer.
            Sqnr against = new Sqnr();
            against.add(
                    output(checkpoint, layers, Numerics.SIMULATED, row),
                    output(checkpoint, layers, Numerics.INTEGER, row));
            assertThat(against.decibels()).isGreaterThan(summary.quality().get("as written") + 6);
        }
    }

    private static float[] output(
            QuantizedCheckpoint checkpoint, QuantizedLayers layers, Numerics numerics, Map<String, Tensor> row) {
        try (Executor on = numerics.equals(Numerics.INTEGER) ? Executors.named("cpu") : Executors.instrumented();
                Network model = on.compile(GRAPH, checkpoint.floatWeights(), layers, numerics)) {
            return model.run(row).get("sample").toFloatArray();
        }
    }

    @Test
    void staticRangesCanBeBalancedToo() {
        Scheme naive = shipped("w8a8-naive");
        Scheme scheme = new Scheme(
                "static",
                naive.weights(),
                naive.activations(),
                true,
                true,
                true,
                Scheme.Rotate.OFF,
                Scheme.Rows.WEIGHT_ONLY,
                naive.keep(),
                naive.textEncoders());

        PtqSummary summary = run(scheme, Optional.empty(), dir.resolve("static"));

        assertThat(summary.balance().orElseThrow().multipliers()).isNotEmpty();
        assertThat(summary.quality().get("as written")).isGreaterThan(10);
    }

    @Test
    void roundsByWhatBalancedLayersRead() {
        PtqSummary summary = run(gptq(true, Scheme.Rotate.OFF), Optional.empty(), dir.resolve("gptq"));

        assertThat(summary.balance().orElseThrow().multipliers()).isNotEmpty();
        assertThat(summary.rounding().orElseThrow().kept()).isTrue();
        assertThat(summary.rounding().orElseThrow().parts().values())
                .allSatisfy(part -> assertThat(part.sqnr()).isGreaterThanOrEqualTo(part.nearestSqnr()));
    }

    @Test
    void roundsByWhatRotatedLayersRead() {
        Path out = dir.resolve("rotated");
        PtqSummary summary = run(gptq(false, Scheme.Rotate.BY_16), Optional.empty(), out);

        var found = summary.balance().orElseThrow();
        assertThat(found.multipliers()).isEmpty();
        assertThat(found.rotations().values()).isNotEmpty().containsOnly(16);
        assertThat(summary.quality()).containsKeys("as written", "without rotation");
        // Moments of inputs that are not rotated would round these weights worse than to nearest.
        assertThat(summary.rounding().orElseThrow().kept()).isTrue();
        assertThat(summary.rounding().orElseThrow().parts().values().stream()
                        .filter(part -> part.sqnr() > part.nearestSqnr())
                        .count())
                .isGreaterThan(summary.rounding().orElseThrow().parts().size() / 2);
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(out)) {
            checkpoint.verify();
            QuantizedLayers layers = checkpoint.layers();
            layers.forEach((id, layer) -> {
                int rotation = found.rotations().getOrDefault(id, Rotation.NONE);
                assertThat(layer.rotation()).isEqualTo(rotation);
                assertThat(checkpoint.config().layers().get(id).rotation()).isEqualTo(rotation);
            });
            Map<String, Tensor> row = QualityProbe.rows(set, 1).get(0);
            Sqnr against = new Sqnr();
            against.add(
                    output(checkpoint, layers, Numerics.SIMULATED, row),
                    output(checkpoint, layers, Numerics.INTEGER, row));
            assertThat(against.decibels()).isGreaterThan(summary.quality().get("as written") + 6);
        }
    }

    private static Scheme gptq(boolean balance, Scheme.Rotate rotate) {
        Scheme.KeepFloat lastBlocks = new Scheme.KeepFloat(
                Set.of(), 0, 1, List.of("down*", "mid*", "up_blocks.[02]*", "conv_*", "time*", "add*"));
        Scheme balanced = shipped("w4a8-balanced");
        return new Scheme(
                "gptq",
                new Scheme.Weights(4, 0, RangeMethod.MINMAX, Scheme.Rounding.GPTQ),
                balanced.activations(),
                true,
                false,
                balance,
                rotate,
                balanced.rows(),
                lastBlocks,
                balanced.textEncoders());
    }

    @Test
    void aPlanGivesBitsAndTheSchemeGranularity() {
        SortedMap<String, Integer> weights = new TreeMap<>();
        SortedMap<String, Integer> acts = new TreeMap<>();
        int next = 0;
        for (Node layer : GRAPH.layers()) {
            weights.put(layer.id(), next++ % 2 == 0 ? 4 : 8);
            acts.put(layer.id(), next % 3 == 0 ? 6 : 8);
        }
        BitPlan plan = new BitPlan(
                new BitTable(Path.of("plan.yaml"), weights), Optional.of(new BitTable(Path.of("acts.yaml"), acts)));
        Path out = dir.resolve("mixed");

        run(shipped("w8a8-token"), Optional.of(new PlanChoice.Given(plan, false)), out);

        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(out)) {
            checkpoint.config().layers().forEach((id, quant) -> {
                assertThat(quant.weight().orElseThrow().bits()).isEqualTo(weights.get(id));
                quant.activation().ifPresent(found -> assertThat(found.bits()).isEqualTo(acts.get(id)));
                assertThat(quant.dynamic()).isEqualTo(GRAPH.node(id).op() instanceof Linear && !ROWS.contains(id));
            });
        }
    }
}
