package org.mixdq4j.ptq.forms;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.quantize.statistics.TensorStatistics;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.scheme.Scheme;

/** Layers of the tiny UNet, with the statistics of four pictures. */
class LayerQuantizerTest {
    private static final Scheme SCHEME =
            LayerPlannerTest.scheme(8, 8, true, true, new Scheme.KeepFloat(Set.of(), 0, 2, List.of()));
    private static final Graph GRAPH = TinyModel.graph();
    private static final LayerPlanner PLANNER = new LayerPlanner(GRAPH);

    @TempDir
    private static Path dir;

    private static InstrumentedExecutor executor;
    private static StoredWeights folder;
    private static WeightSource weights;
    private static ActivationStatistics statistics;

    @BeforeAll
    static void gatherStatistics() {
        executor = Executors.instrumented();
        folder = TinyModel.FOLDER.weights("unet");
        weights = CheckpointNames.adapt(folder, GRAPH);
        try (Instrumented model = executor.compile(GRAPH, weights)) {
            statistics = TinyModel.statistics(
                    GRAPH, new LayerForms(GRAPH).allKeys(), 0.95, model, TinyModel.calibrate(dir, executor));
        }
    }

    @AfterAll
    static void close() {
        folder.close();
        executor.close();
    }

    private static QuantizedLayer quantize(String id, Scheme scheme) {
        Node node = GRAPH.node(id);
        return LayerPlanner.quantizer(weights, statistics, scheme).quantize(node, PLANNER.quant(node, scheme));
    }

    @Test
    void theParametersOfAPartAreThoseOfItsStatistics() {
        String id = "up_blocks.2.resnets.2.conv_shortcut";

        QuantizedLayer layer = quantize(id, SCHEME);

        assertThat(layer.segments()).hasSize(2);
        Tensor weight = weights.tensor(id + ".weight");
        int next = 0;
        for (Segment segment : layer.segments()) {
            assertThat(segment.from()).isEqualTo(next);
            next = segment.to();
            TensorStatistics own = statistics.get(new StatisticsKey(id, segment.from(), segment.to(), false));
            assertThat(segment.activation()).contains(AffineParams.ofRange(own.min(), own.max(), 8));
            assertThat(segment.weightScale()).containsExactly(largest(weight, segment.from(), segment.to()));
        }
        assertThat(next).isEqualTo(GRAPH.node(id).layer().inputs());
        assertThat(layer.segments().get(0).activation())
                .isNotEqualTo(layer.segments().get(1).activation());
        assertThat(layer.bias().orElseThrow().dtype()).as("as stored").isEqualTo(DType.F16);
        assertThat(layer.bos()).isFalse();
    }

    /** One scale a channel: its largest magnitude over 127. */
    private static float[] largest(Tensor weight, int from, int to) {
        float[] flat = weight.toFloatArray();
        int inputs = weight.shape().dim(1);
        float[] scales = new float[weight.shape().dim(0)];
        for (int i = 0; i < flat.length; i++) {
            if (i % inputs >= from && i % inputs < to) {
                scales[i / inputs] = Math.max(scales[i / inputs], Math.abs(flat[i]));
            }
        }
        for (int c = 0; c < scales.length; c++) {
            scales[c] /= 127;
        }
        return scales;
    }

    @Test
    void withoutSplittingThereIsOnePart() {
        String id = "up_blocks.2.resnets.2.conv_shortcut";
        QuantizedLayer layer = quantize(id, SCHEME.with(false, true));
        assertThat(layer.segments()).hasSize(1);
        assertThat(layer.segments().get(0).fixed().scale())
                .isGreaterThanOrEqualTo(quantize(id, SCHEME).segments().stream()
                        .map(segment -> segment.fixed().scale())
                        .max(Float::compare)
                        .orElseThrow());
    }

    @Test
    void theRangeOfATextProjectionNeedNotHoldTheFirstToken() {
        String id = GRAPH.layers().stream()
                .map(Node::id)
                .filter(layer -> PLANNER.quant(GRAPH.node(layer), SCHEME).bos())
                .findFirst()
                .orElseThrow();

        assertThat(inputScale(id, SCHEME)).isLessThan(inputScale(id, SCHEME.with(true, false)) / 5);
    }

    private static float inputScale(String id, Scheme scheme) {
        return quantize(id, scheme).segments().get(0).fixed().scale();
    }

    @Test
    void weightsByLeastSquaresAreNoWorse() {
        String id = "down_blocks.0.resnets.0.conv1";
        Tensor weight = weights.tensor(id + ".weight");
        Scheme mse = new Scheme(
                "mse",
                new Scheme.Weights(4, 0, org.mixdq4j.core.quantize.range.RangeMethod.MSE),
                SCHEME.activations(),
                true,
                true,
                SCHEME.keep());

        Segment segment = quantize(id, mse).segments().get(0);

        SymmetricWeights expected = SymmetricWeights.quantize(weight, new WeightQuant(4), ScaleSearch.LEAST_SQUARES);
        SymmetricWeights plain = SymmetricWeights.quantize(weight, new WeightQuant(4), ScaleSearch.MAX_ABS);
        assertThat(segment.weightScale()).containsExactly(expected.scale());
        assertThat(Arrays.equals(segment.weightScale(), plain.scale())).isFalse();
    }
}
