package org.mixdq4j.sensitivity.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.graph.analysis.LayerGroups;
import org.mixdq4j.core.graph.analysis.SplitPoints;
import org.mixdq4j.core.graph.analysis.TextProjections;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.pipeline.DenoisedPictures;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.sensitivity.LinearNet;
import org.mixdq4j.sensitivity.PreparedSets;
import org.mixdq4j.sensitivity.variant.Variant;
import org.mixdq4j.sensitivity.variant.Variants;

/** What a partial re-run measures is, to the last bit, what the whole network compiled with that one layer gives. */
class UnitMeasurementTest {
    private static Graph graph;
    private static StoredWeights files;
    private static WeightSource weights;
    private static Instrumented model;
    private static DenoisedPictures pictures;
    private static DenoisedPictures guidedPictures;
    private static Variants variants;

    @BeforeAll
    static void open() {
        graph = PreparedSets.graph();
        files = TinyModel.FOLDER.weights("unet");
        weights = CheckpointNames.adapt(files, graph);
        model = PreparedSets.executor().compile(graph, weights);
        var latent = graph.inputs().get("sample").shape();
        pictures = DenoisedPictures.open(TinyModel.FOLDER, PreparedSets.calibration(), latent, PreparedSets.executor());
        guidedPictures =
                DenoisedPictures.open(TinyModel.FOLDER, PreparedSets.guided(), latent, PreparedSets.executor());
        ActivationStatistics statistics = PreparedSets.statistics()
                .collect(
                        graph,
                        new LayerForms(graph).allKeys(),
                        0.95,
                        8,
                        model,
                        PreparedSets.calibration(),
                        Progress.SILENT);
        variants = new Variants(
                graph,
                new LayerQuantizer(
                        weights,
                        statistics,
                        new RangeChooser(RangeMethod.MINMAX, 99.99),
                        WeightRounder.nearest(ScaleSearch.MAX_ABS)),
                new Variants.Form(0, true, true),
                List.of(3),
                List.of(5),
                0);
    }

    @AfterAll
    static void close() {
        pictures.close();
        guidedPictures.close();
        model.close();
        files.close();
    }

    /** Layers of all forms, told from the graph. */
    static Stream<Arguments> layers() {
        Graph graph = PreparedSets.graph();
        List<Node> layers = List.copyOf(graph.layers());
        Map<String, LayerGroup> groups = LayerGroups.of(graph);
        Map<String, String> chosen = new LinkedHashMap<>();
        chosen.put("time embedding", layers.get(0).id());
        chosen.put(
                "input convolution",
                layers.stream()
                        .filter(layer -> !(layer.op() instanceof Linear))
                        .findFirst()
                        .orElseThrow()
                        .id());
        chosen.put("output convolution", layers.get(layers.size() - 1).id());
        chosen.put(
                "split shortcut",
                SplitPoints.of(graph).keySet().stream().sorted().toList().get(0));
        chosen.put("text projection", TextProjections.of(graph).iterator().next());
        chosen.put(
                "content linear",
                layers.stream()
                        .map(Node::id)
                        .filter(id -> groups.get(id) == LayerGroup.CONTENT
                                && !TextProjections.of(graph).contains(id))
                        .findFirst()
                        .orElseThrow());
        chosen.put(
                "quality linear in the middle",
                layers.subList(layers.size() / 2, layers.size()).stream()
                        .filter(layer -> layer.op() instanceof Linear && groups.get(layer.id()) == LayerGroup.QUALITY)
                        .findFirst()
                        .orElseThrow()
                        .id());
        return chosen.entrySet().stream()
                .flatMap(entry -> Stream.of(
                        Arguments.of(entry.getKey(), new Variant(entry.getValue(), Part.WEIGHTS, 3)),
                        Arguments.of(entry.getKey(), new Variant(entry.getValue(), Part.ACTIVATIONS, 5))));
    }

    private static Unit unit() {
        return Unit.read(PreparedSets.calibration(), Set.of(1)).get(0);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("layers")
    void isWhatTheWholeNetworkGives(String what, Variant variant) {
        isWhatTheWholeNetworkGives(unit(), pictures, variant, Similarity.GAUSSIAN);
    }

    @Test
    void withBothSidesOfGuidanceAndTheGlobalWindowToo() {
        Variant variant = new Variant(TextProjections.of(graph).iterator().next(), Part.WEIGHTS, 3);
        Unit unit = Unit.read(PreparedSets.guided(), Set.of(1)).get(0);
        isWhatTheWholeNetworkGives(unit, guidedPictures, variant, Similarity.GLOBAL);
    }

    private static void isWhatTheWholeNetworkGives(
            Unit unit, DenoisedPictures decoder, Variant variant, Similarity similarity) {
        QuantizedLayer layer = variants.layer(variant);
        Measured whole;
        try (Instrumented quantized = PreparedSets.executor()
                .compile(graph, weights, QuantizedLayers.of(Map.of(variant.layer(), layer)), Numerics.SIMULATED)) {
            whole = naive(unit, quantized, decoder, similarity);
        }
        assertThat(whole.noise()).isPositive();
        for (long budget : new long[] {0, Long.MAX_VALUE}) {
            try (UnitMeasurement partial = new UnitMeasurement(unit, model, decoder::of, similarity, budget)) {
                Measured measured = partial.measure(variant.layer(), layer, true);
                assertThat(measured.signal()).isEqualTo(whole.signal());
                assertThat(measured.noise()).isEqualTo(whole.noise());
                assertThat(measured.ssim()).isEqualTo(whole.ssim());
                assertThat(measured.nodes())
                        .isBetween(1L, (long) unit.rows().size() * graph.nodes().size());
                assertThat(partial.measure(variant.layer(), layer, false).ssim())
                        .isNaN();
            }
        }
    }

    private static Measured naive(Unit unit, Instrumented quantized, DenoisedPictures decoder, Similarity similarity) {
        double signal = 0;
        double noise = 0;
        List<Tensor> exact = new ArrayList<>();
        List<Tensor> rounded = new ArrayList<>();
        for (Map<String, Tensor> row : unit.rows()) {
            exact.add(model.run(row).values().iterator().next());
            rounded.add(quantized.run(row).values().iterator().next());
            float[] a = exact.get(exact.size() - 1).toFloatArray();
            float[] b = rounded.get(rounded.size() - 1).toFloatArray();
            for (int i = 0; i < a.length; i++) {
                signal += (double) a[i] * a[i];
                noise += ((double) b[i] - a[i]) * ((double) b[i] - a[i]);
            }
        }
        Tensor input = unit.rows().get(0).get("sample");
        double ssim =
                similarity.between(decoder.of(unit.step(), input, exact), decoder.of(unit.step(), input, rounded));
        return new Measured(signal, noise, ssim, 0);
    }

    @Test
    void aLayerThatBreaksTheNetworkIsTheWorstThereIs() {
        Variant variant = new Variant(graph.layers().iterator().next().id(), Part.WEIGHTS, 3);
        QuantizedLayer layer = variants.layer(variant);
        Segment segment = layer.segments().get(0);
        float[] huge = segment.weightScale().clone();
        Arrays.fill(huge, 1e38f);
        QuantizedLayer broken = new QuantizedLayer(
                List.of(new Segment(segment.from(), segment.to(), segment.weight(), huge, Optional.empty())),
                layer.bias(),
                layer.bos());
        try (UnitMeasurement unit =
                new UnitMeasurement(unit(), model, pictures::of, Similarity.GAUSSIAN, Long.MAX_VALUE)) {
            Measured measured = unit.measure(variant.layer(), broken, true);
            assertThat(measured.noise()).isInfinite().isPositive();
            assertThat(measured.ssim()).isEqualTo(-1);
        }
    }

    @Test
    void noiseMovesThePictureAwayStepByStep() {
        try (UnitMeasurement unit =
                new UnitMeasurement(unit(), model, pictures::of, Similarity.GAUSSIAN, Long.MAX_VALUE)) {
            List<Double> similarities = Stream.of(0.0, 1e-6, 1e-4, 1e-2, 1.0)
                    .map(unit::similarityWithNoise)
                    .toList();
            assertThat(similarities.get(0)).isEqualTo(1);
            assertThat(similarities).isSortedAccordingTo((a, b) -> Double.compare(b, a));
            assertThat(similarities.get(4)).isLessThan(0.6);
            assertThat(similarities).doesNotHaveDuplicates();
        }
    }

    @Test
    void aNetworkThatSaysNothingIsRefused() {
        LinearNet net = new LinearNet(4, 3);
        Tensor nothing = Tensor.zeros(DType.F32, net.input());
        Unit unit = new Unit(7, 0, List.of(Map.of("sample", nothing)));
        try (Instrumented silent = PreparedSets.executor().compile(net.graph(), net.weights())) {
            assertThatThrownBy(() -> new UnitMeasurement(unit, silent, pictures::of, Similarity.GAUSSIAN, 0))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("calibration unit 7 has the energy 0.0");
        }
    }
}
