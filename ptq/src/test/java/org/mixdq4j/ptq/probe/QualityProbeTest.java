package org.mixdq4j.ptq.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.forms.LayerPlanner;
import org.mixdq4j.ptq.scheme.Scheme;

class QualityProbeTest {
    @TempDir
    private static Path dir;

    private static InstrumentedExecutor executor;
    private static CalibrationSet set;

    @BeforeAll
    static void calibrate() {
        executor = Executors.instrumented();
        set = TinyModel.calibrate(dir, executor);
    }

    @AfterAll
    static void close() {
        executor.close();
    }

    @ParameterizedTest(name = "{0} of 4 rows: {1}")
    @CsvSource({"1, 2", "2, 1 3", "3, 0 2 3", "4, 0 1 2 3", "9, 0 1 2 3", "0, ''"})
    void rowsAreSpreadOverTheSet(int count, String expected) {
        List<float[]> all = new ArrayList<>();
        set.forEachRow(row -> all.add(row.inputs().get("sample").toFloatArray()));

        List<Map<String, Tensor>> rows = QualityProbe.rows(set, count);

        List<String> found = new ArrayList<>();
        for (Map<String, Tensor> row : rows) {
            for (int i = 0; i < all.size(); i++) {
                if (java.util.Arrays.equals(all.get(i), row.get("sample").toFloatArray())) {
                    found.add(String.valueOf(i));
                }
            }
        }
        assertThat(String.join(" ", found)).isEqualTo(expected);
    }

    @Test
    void theRatioIsThatOfTheSimulatedNetworkOverAllRows() {
        Graph graph = TinyModel.graph();
        Scheme scheme = new Scheme(
                "test",
                new Scheme.Weights(6, 0, RangeMethod.MINMAX),
                new Scheme.Activations(8, RangeMethod.MINMAX, 0.95, 8, 99.9),
                true,
                true,
                new Scheme.KeepFloat(Set.of(), 0, 2, List.of()));
        try (StoredWeights source = TinyModel.FOLDER.weights("unet")) {
            WeightSource weights = CheckpointNames.adapt(source, graph);
            Instrumented model = executor.compile(graph, weights);
            LayerPlanner planner = new LayerPlanner(graph);
            ActivationStatistics statistics =
                    TinyModel.statistics(graph, new LayerForms(graph).allKeys(), 0.95, model, set);
            LayerQuantizer quantizer = LayerPlanner.quantizer(weights, statistics, scheme);
            Map<String, QuantizedLayer> all = new LinkedHashMap<>();
            for (Node layer : graph.layers()) {
                all.put(layer.id(), quantizer.quantize(layer, planner.quant(layer, scheme)));
            }
            Map<String, QuantizedLayers> variants = new LinkedHashMap<>();
            variants.put("all", QuantizedLayers.of(all));
            variants.put("one", QuantizedLayers.of(Map.of("conv_in", all.get("conv_in"))));
            variants.put("none", QuantizedLayers.NONE);
            List<Map<String, Tensor>> rows = QualityProbe.rows(set, 3);

            Map<String, Double> found = new QualityProbe(model).variants("test", variants, rows, Progress.SILENT);

            assertThat(found.keySet()).containsExactly("all", "one", "none");
            assertThat(found.get("none")).isEqualTo(Double.POSITIVE_INFINITY);
            for (String variant : List.of("all", "one")) {
                assertThat(found.get(variant))
                        .isCloseTo(direct(graph, weights, model, variants.get(variant), rows), within(1e-3));
            }
            assertThat(found.get("all")).isLessThan(found.get("one"));
        }
    }

    private static double direct(
            Graph graph,
            WeightSource weights,
            Instrumented reference,
            QuantizedLayers layers,
            List<Map<String, Tensor>> rows) {
        Sqnr sqnr = new Sqnr();
        try (Instrumented quantized = executor.compile(graph, weights, layers, Numerics.SIMULATED)) {
            for (Map<String, Tensor> row : rows) {
                sqnr.add(
                        reference.run(row).get("sample").toFloatArray(),
                        quantized.run(row).get("sample").toFloatArray());
            }
        }
        return sqnr.decibels();
    }
}
