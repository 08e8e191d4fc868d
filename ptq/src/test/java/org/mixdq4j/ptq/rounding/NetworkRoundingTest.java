package org.mixdq4j.ptq.rounding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightPacking;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.probe.QualityProbe;

/** A few layers of each kind of the tiny UNet, four samples: three to fit, one held out. */
class NetworkRoundingTest {
    private static final Graph GRAPH = TinyModel.graph();
    private static final String STRIDED = "down_blocks.0.downsamplers.0.conv";
    private static final String SPLIT = "up_blocks.2.resnets.2.conv_shortcut";
    private static final String TEXT_K = "up_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k";
    private static final String TEXT_V = "up_blocks.0.attentions.0.transformer_blocks.0.attn2.to_v";
    private static final String LINEAR = "up_blocks.1.attentions.0.transformer_blocks.0.ff.net.0.proj";
    private static final String EIGHT_BITS = "mid_block.resnets.0.conv1";

    @TempDir
    private static Path shared;

    @TempDir
    Path work;

    private static InstrumentedExecutor executor;
    private static StoredWeights folder;
    private static WeightSource weights;
    private static Instrumented model;
    private static CalibrationSet set;
    private static LayerQuantizer quantizer;
    private static final Map<String, LayerQuant> QUANTS = new LinkedHashMap<>();
    private static QuantizedLayers nearest;

    @BeforeAll
    static void quantizeToNearest() {
        executor = Executors.instrumented();
        folder = TinyModel.FOLDER.weights("unet");
        weights = CheckpointNames.adapt(folder, GRAPH);
        model = executor.compile(GRAPH, weights);
        set = TinyModel.calibrate(shared, executor);
        LayerForms forms = new LayerForms(GRAPH);
        ActivationStatistics none = new ActivationStatistics(Map.of());
        quantizer = new LayerQuantizer(
                weights, none, new RangeChooser(RangeMethod.MINMAX, 100), WeightRounder.nearest(ScaleSearch.MAX_ABS));
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (Node layer : GRAPH.layers()) {
            if (Set.of(STRIDED, SPLIT, TEXT_K, TEXT_V, LINEAR, EIGHT_BITS).contains(layer.id())) {
                WeightQuant bits = layer.id().equals(EIGHT_BITS)
                        ? new WeightQuant(8)
                        : new WeightQuant(4, layer.id().equals(LINEAR) ? 32 : 0);
                QUANTS.put(layer.id(), forms.of(layer, Optional.of(bits), Optional.empty(), true, true));
                layers.put(layer.id(), quantizer.quantize(layer, QUANTS.get(layer.id())));
            }
        }
        nearest = QuantizedLayers.of(layers);
        assertThat(QUANTS).hasSize(6);
    }

    @AfterAll
    static void close() {
        model.close();
        folder.close();
        executor.close();
    }

    private static RoundingOptions options(long memory) {
        return new RoundingOptions(7, 2048, 256, 0.01, true, 2, memory, 4);
    }

    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Runs and notes stages. @param stopAt stage at whose beginning it is stopped */
    private NetworkRounding.Outcome improve(
            long memory, Set<RoundingMethod> methods, List<String> stages, String stopAt) {
        Progress progress = new Progress() {
            @Override
            public void begin(String stage, long total) {
                if (stage.equals(stopAt)) {
                    throw new Stopped();
                }
                stages.add(stage + " " + total);
            }

            @Override
            public void at(long done) {}

            @Override
            public void end() {}
        };
        return new NetworkRounding(model, weights, set, work, options(memory), progress)
                .trying(methods)
                .improve(nearest, QUANTS, quantizer);
    }

    private NetworkRounding.Outcome improve() {
        return improve(1 << 30, EnumSet.allOf(RoundingMethod.class), new ArrayList<>(), "");
    }

    @Test
    void theNetworkIsBetterAndEachPartNoWorse() {
        NetworkRounding.Outcome outcome = improve();

        RoundingReport report = outcome.report();
        assertThat(report.kept()).isTrue();
        assertThat(report.chosenSqnr()).isGreaterThan(report.nearestSqnr() + 1);
        assertThat(report.rows()).isEqualTo(1);
        assertThat(report.parts().keySet())
                .containsExactlyInAnyOrder(
                        STRIDED + "|0-" + GRAPH.node(STRIDED).layer().inputs(),
                        SPLIT + "|0-" + QUANTS.get(SPLIT).split().get(0),
                        SPLIT + "|" + QUANTS.get(SPLIT).split().get(0) + "-"
                                + GRAPH.node(SPLIT).layer().inputs(),
                        TEXT_K + "|0-160|tokens-1+",
                        TEXT_V + "|0-160|tokens-1+",
                        LINEAR + "|0-64");
        assertThat(report.parts().values())
                .allSatisfy(part -> assertThat(part.sqnr()).isGreaterThanOrEqualTo(part.nearestSqnr()));
        assertThat(report.toJson().path("kept").asText()).isEqualTo("gptq");
        Map<String, Double> measured = new QualityProbe(model)
                .variants(
                        "",
                        Map.of("layers", outcome.layers()),
                        QualityProbe.rows(set, 1, row -> row.sample() == 3),
                        Progress.SILENT);
        assertThat(measured).containsEntry("layers", report.chosenSqnr());
        assertThat(outcome.layers().ids()).containsExactlyInAnyOrderElementsOf(QUANTS.keySet());
        assertThat(outcome.layers().get(EIGHT_BITS)).isSameAs(nearest.get(EIGHT_BITS));
        outcome.layers().forEach((id, layer) -> {
            assertThat(layer.bos()).isEqualTo(nearest.get(id).bos());
            for (Segment segment : layer.segments()) {
                assertThat(WeightPacking.codes(segment.weight(), segment.code()))
                        .hasSize((int) segment.weight().shape().elements());
            }
        });
    }

    @Test
    void theErrorOfAPartIsThatOfTheLayerInTheNetwork() {
        // The strided convolution and the text projection have one part each and all their vectors are among the
        // held-out.
        for (String id : List.of(STRIDED, TEXT_K)) {
            NetworkRounding.Outcome outcome = improve();
            RoundingReport.Part part = outcome.report().parts().entrySet().stream()
                    .filter(entry -> entry.getKey().startsWith(id))
                    .findFirst()
                    .orElseThrow()
                    .getValue();
            Map<String, Tensor> row =
                    QualityProbe.rows(set, 1, r -> r.sample() == 3).get(0);
            try (Recording recording = model.record(row)) {
                Tensor quantized = recording
                        .rerun(Map.of(id, Optional.of(outcome.layers().get(id))), Set.of(id))
                        .get(id);
                Tensor exact = recording.value(id);
                assertThat(Sqnr.of(withoutBias(id, exact), withoutBias(id, quantized)))
                        .as(id)
                        .isCloseTo(part.sqnr(), within(0.01));
            }
        }
    }

    private static float[] withoutBias(String id, Tensor value) {
        float[] values = value.toFloatArray();
        if (GRAPH.node(id).layer().bias()) {
            float[] bias = weights.tensor(id + ".bias").toFloatArray();
            boolean image = GRAPH.node(id).op() instanceof Conv2d;
            int inner = image ? value.shape().dim(2) * value.shape().dim(3) : 1;
            for (int i = 0; i < values.length; i++) {
                values[i] -= bias[i / inner % bias.length];
            }
        }
        return values;
    }

    @Test
    void memoryAndStopsChangeOnlyHowOftenTheSetIsReadAndWhatIsLeftToDo() {
        List<String> stages = new ArrayList<>();
        NetworkRounding.Outcome whole = improve(1 << 30, EnumSet.allOf(RoundingMethod.class), stages, "");
        // Both text projections read one input, and the split convolution two.
        assertThat(stages).containsExactly("second moments 4", "rounding 6", "comparing roundings 2");
        NetworkRounding.forget(work);
        assertThat(work).isEmptyDirectory();
        stages.clear();
        assertThatThrownBy(() -> improve(1, EnumSet.allOf(RoundingMethod.class), stages, "second moments 3/5"))
                .isInstanceOf(Stopped.class);
        assertThat(stages).hasSize(4);
        stages.clear();

        NetworkRounding.Outcome resumed = improve(1 << 30, EnumSet.allOf(RoundingMethod.class), stages, "");

        assertThat(stages).hasSize(3).first().isEqualTo("second moments 4");
        assertThat(Integer.parseInt(stages.get(1).substring("rounding ".length())))
                .isBetween(3, 4);
        assertThat(resumed.report()).isEqualTo(whole.report());
        whole.layers().forEach((id, layer) -> {
            List<Segment> segments = resumed.layers().get(id).segments();
            for (int i = 0; i < segments.size(); i++) {
                assertThat(segments.get(i).weight().buffer())
                        .isEqualTo(layer.segments().get(i).weight().buffer());
                assertThat(segments.get(i).weightScale())
                        .containsExactly(layer.segments().get(i).weightScale());
                assertThat(segments.get(i).code())
                        .isEqualTo(layer.segments().get(i).code());
            }
        });
        assertThat(Files.exists(work.resolve("rounding"))).isTrue();
    }

    @Test
    void whatIsNotBetterAsAWholeIsNotKept() {
        QuantizedLayers chosenAlready = improve().layers();
        NetworkRounding.Outcome again = new NetworkRounding(
                        model, weights, set, work, options(1 << 30), Progress.SILENT)
                .improve(chosenAlready, QUANTS, quantizer);
        assertThat(again.report().kept()).isFalse();
        assertThat(again.report().toJson().path("kept").asText()).isEqualTo("nearest");
        assertThat(again.layers()).isSameAs(chosenAlready);
    }
}
