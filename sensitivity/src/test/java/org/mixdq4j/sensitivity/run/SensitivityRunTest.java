package org.mixdq4j.sensitivity.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quant.ActivationQuant.Granularity;
import org.mixdq4j.sensitivity.PreparedSets;
import org.mixdq4j.sensitivity.measure.Similarity;
import org.mixdq4j.sensitivity.result.Score;
import org.mixdq4j.sensitivity.result.Sensitivities;
import org.mixdq4j.sensitivity.run.SensitivityRequest.Method;
import org.mixdq4j.sensitivity.variant.Variant;
import org.mixdq4j.sensitivity.variant.Variants;

/** The stage as a whole on the tiny SDXL-Turbo: figures, and what must not change them. */
class SensitivityRunTest {
    private static final int LAYERS = 263;

    @TempDir
    private Path out;

    @Test
    void partialRunsComputeLessThanHalfOfTheNodes() {
        SensitivitySummary summary = TinyRun.referenceSummary();
        long nodes = PreparedSets.graph().nodes().size();
        assertThat(summary.nodesNaive()).isEqualTo(nodes * (2 * LAYERS + 1));
        System.out.printf("nodes %d of %d%n", summary.nodesEvaluated(), summary.nodesNaive());
        assertThat(2 * summary.nodesEvaluated()).isLessThan(summary.nodesNaive());
    }

    @Test
    void theEstimateRanksLayersAsTheMeasurementDoes() {
        Sensitivities found = TinyRun.referenceSummary().found();
        for (Part part : Part.values()) {
            Map<Integer, Double> sqnr = found.rankCorrelationByBits(part, false);
            Map<Integer, Double> ssim = found.rankCorrelationByBits(part, true);
            System.out.println("rank correlation " + part + " SQNR " + sqnr + " SSIM " + ssim);
            assertThat(sqnr).hasSize(1).allSatisfy((bits, value) -> assertThat(value)
                    .isBetween(0.9, 1.0));
            assertThat(ssim).hasSize(1).allSatisfy((bits, value) -> assertThat(value)
                    .isBetween(0.8, 1.0));
        }
    }

    @Test
    void everyLayerIsMeasuredAndGroupsComeFromTheGraph() throws IOException {
        SensitivityFolder folder = SensitivityFolder.open(TinyRun.reference());
        for (Part part : Part.values()) {
            assertThat(SensitivityTable.read(folder.sqnr(part), List.of()).layers())
                    .hasSize(LAYERS);
            assertThat(SensitivityTable.read(folder.ssim(part), List.of()).layers())
                    .hasSize(102)
                    .allSatisfy((id, row) -> assertThat(id).matches(".*\\.(attn2|ff)\\..*"))
                    .allSatisfy(
                            (id, row) -> assertThat(row.values()).allMatch(value -> value > 0 && value <= 1 + 1e-9));
        }
        assertThat(TinyRun.measured(TinyRun.reference())).hasSize(2 * LAYERS);
        Map<Variant, Score> exact = TinyRun.referenceSummary().found().exact();
        Score first = exact.get(new Variant("conv_in", Part.WEIGHTS, 3));
        assertThat(first.sqnr()).isBetween(10.0, 40.0);
        assertThat(first.ssim()).isNaN();
    }

    @Test
    void threadsAndMemoryChangeNothing() throws IOException {
        Map<String, String> tables = TinyRun.tables(TinyRun.reference());
        tables.keySet().removeIf(name -> !name.startsWith("weights_"));
        assertThat(tables).hasSize(3);
        Path spacious = out.resolve("spacious");
        Path tight = out.resolve("tight");
        TinyRun large = new TinyRun(spacious).bits(List.of(3), List.of()).threads(2);
        TinyRun small =
                new TinyRun(tight).bits(List.of(3), List.of()).threads(2).memory(1);
        assertThat(small.run().nodesEvaluated()).isGreaterThan(3 * large.run().nodesEvaluated() / 2);
        assertThat(TinyRun.tables(spacious)).containsAllEntriesOf(tables);
        assertThat(TinyRun.tables(spacious)).isEqualTo(TinyRun.tables(tight));
    }

    @Test
    void threadsChangeNoEstimate() throws IOException {
        Path one = out.resolve("one");
        Path three = out.resolve("three");
        new TinyRun(one).by(Method.ESTIMATE).units(3).threads(1).run();
        SensitivitySummary summary = new TinyRun(three)
                .by(Method.ESTIMATE)
                .units(3)
                .threads(3)
                .memory(64 << 20)
                .run();
        assertThat(TinyRun.tables(one)).hasSize(7).isEqualTo(TinyRun.tables(three));
        assertThat(summary.nodesEvaluated()).isZero();
        assertThat(summary.found().exact()).isEmpty();
        assertThat(summary.units()).isEqualTo(3);
    }

    @Test
    void layersAreMeasuredTokenByTokenBalancedAndWithRowsInFloat() {
        Variants.Form form = new Variants.Form(0, true, false, Granularity.TOKEN, true);
        TinyRun plain = new TinyRun(out.resolve("plain")).bits(List.of(4), List.of(6));
        TinyRun balanced = new TinyRun(out.resolve("balanced")).bits(List.of(4), List.of(6));
        Map<Variant, Score> without =
                plain.form(form, Optional.empty()).run().found().exact();
        Map<Variant, Score> with =
                balanced.form(form, Optional.of(4)).run().found().exact();

        Set<String> rows = RowLayers.of(PreparedSets.graph());
        assertThat(rows).isNotEmpty();
        assertThat(without.keySet())
                .filteredOn(variant -> variant.part() == Part.ACTIVATIONS && rows.contains(variant.layer()))
                .hasSameSizeAs(rows)
                .allSatisfy(variant -> assertThat(without.get(variant).sqnr()).isInfinite());
        assertThat(without.values())
                .filteredOn(score -> Double.isFinite(score.sqnr()))
                .hasSizeGreaterThan(LAYERS);
        assertThat(with.keySet()).isEqualTo(without.keySet());
        List<Variant> changed = with.keySet().stream()
                .filter(variant ->
                        with.get(variant).sqnr() != without.get(variant).sqnr())
                .toList();
        assertThat(changed)
                .hasSizeGreaterThan(50)
                .allMatch(variant -> PreparedSets.graph().node(variant.layer()).op() instanceof Linear
                        && !rows.contains(variant.layer()));
    }

    @Test
    void bothSidesOfGuidanceAreMeasuredAtEachStep() {
        SensitivitySummary summary = new TinyRun(out)
                .on(PreparedSets.guided())
                .like(Similarity.GLOBAL)
                .bits(List.of(4), List.of())
                .units(5)
                .by(Method.EXACT, Method.ESTIMATE)
                .run();
        assertThat(summary.units()).isEqualTo(2);
        long nodes = PreparedSets.graph().nodes().size();
        assertThat(summary.nodesNaive()).isEqualTo(2 * 2 * nodes * (LAYERS + 1));
        assertThat(2 * summary.nodesEvaluated()).isLessThan(summary.nodesNaive());
        assertThat(summary.found().rankCorrelation(Part.WEIGHTS, false).orElseThrow())
                .isGreaterThan(0.9);
        assertThat(summary.found().exact().values()).allMatch(score -> score.sqnr() > 0 && !(score.ssim() > 1 + 1e-9));
    }

    @Test
    void summarySaysWhatWasMeasuredAndHow() throws IOException {
        JsonNode json = Json.read(TinyRun.reference().resolve("summary.json"));
        assertThat(json.path("format").asText()).isEqualTo("mixdq4j-sensitivity");
        assertThat(json.path("calibration").asText())
                .isEqualTo(PreparedSets.calibration().digest());
        assertThat(json.at("/model/unet").asText()).hasSize(64);
        assertThat(json.path("units").asInt()).isEqualTo(1);
        assertThat(json.path("methods")).extracting(JsonNode::asText).containsExactly("exact", "estimate");
        assertThat(json.at("/bits/weights/0").asInt()).isEqualTo(3);
        assertThat(json.at("/groups/content").asInt()).isEqualTo(102);
        assertThat(json.at("/rank_correlation/acts").isNumber()).isTrue();
        assertThat(json.at("/rank_correlation_by_bits/weights/3").isNumber()).isTrue();
        // Nothing but what the last of several runs did differs from run to run.
        Path again = TinyRun.copyOfReference(out.resolve("again"));
        new TinyRun(again).by(Method.EXACT, Method.ESTIMATE).run();
        assertThat(withoutLastRun(again)).isEqualTo(withoutLastRun(TinyRun.reference()));
        assertThat(json.path("measurements_of_last_run")).isEqualTo(json.path("measurements"));
        assertThat(Json.read(again.resolve("summary.json"))
                        .path("measurements_of_last_run")
                        .asLong(-1))
                .isZero();
    }

    private static JsonNode withoutLastRun(Path folder) {
        ObjectNode json = (ObjectNode) Json.read(folder.resolve("summary.json"));
        assertThat(json.remove("seconds_of_last_run").isNumber()).isTrue();
        assertThat(json.remove("measurements_of_last_run").isNumber()).isTrue();
        return json;
    }

    @Test
    void noBitsAtAllAreRefused() {
        assertThatThrownBy(() -> new TinyRun(out).bits(List.of(), List.of()).run())
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("no candidate bits");
        assertThat(out).isEmptyDirectory();
    }
}
