package org.mixdq4j.ptq.encoder;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.probe.Protection;
import org.mixdq4j.ptq.probe.QualityProbe;
import org.mixdq4j.ptq.probe.WorstLayers;

/**
 * Which layers of a text encoder stay in float, and whether its first token does. All later tokens read the first one's keys and
 * values, and CLIP's first token has features of several hundred beside those of about one, all of which share the row's scale.
 */
final class EncoderTrial {
    /** What the first token's row in float has to gain, in dB: it takes time. */
    private static final double WORTH = 1;

    private final Path folder;
    private final Graph graph;
    private final WeightSource weights;
    private final double worst;
    private final EncoderTexts texts;
    private final InstrumentedExecutor executor;
    private final Progress progress;

    /**
     * @param kept ids of layers that stay in float, with the reason
     * @param quality what was measured
     */
    record Outcome(Map<String, String> kept, EncoderQuality quality) {}

    /** @param folder where measurements are kept. @param worst share of multiplications that may stay in float */
    EncoderTrial(
            Path folder,
            Graph graph,
            WeightSource weights,
            double worst,
            EncoderTexts texts,
            InstrumentedExecutor executor,
            Progress progress) {
        this.folder = folder;
        this.graph = graph;
        this.weights = weights;
        this.worst = worst;
        this.texts = texts;
        this.executor = executor;
        this.progress = progress;
    }

    /**
     * Tries and chooses.
     *
     * @param planned all layers, every row quantized. @param single ids of those that read one row a text
     * @param identity of all that decides what is measured, besides what is given here
     */
    Outcome choose(QuantizedLayers planned, Set<String> single, String identity) {
        Map<String, QuantizedLayer> every = new LinkedHashMap<>();
        planned.forEach(every::put);
        Map<String, QuantizedLayer> first = new LinkedHashMap<>();
        every.forEach((id, layer) ->
                first.put(id, single.contains(id) ? layer : new QuantizedLayer(layer.segments(), layer.bias(), true)));
        List<Map<String, Tensor>> chosen = EncoderTexts.calls(texts.chosen());
        try (Instrumented inFloat = executor.compile(graph, weights)) {
            QualityProbe probe = QualityProbe.ofRows(inFloat);
            Map<String, Double> both = probe.variants(
                    "the first token in float",
                    Map.of("every", QuantizedLayers.of(every), "first", QuantizedLayers.of(first)),
                    chosen,
                    progress);
            boolean firstRow = both.get("first") - both.get("every") >= WORTH;
            QuantizedLayers layers = QuantizedLayers.of(firstRow ? first : every);
            Map<String, Double> alone = worst == 0
                    ? Map.of()
                    : new Protection(folder, Sha256.of((identity + firstRow).getBytes(StandardCharsets.UTF_8)))
                            .alone(probe, layers, () -> chosen, progress);
            Map<String, String> kept = WorstLayers.kept(alone, WorstLayers.work(graph), worst);
            boolean others = !texts.others().isEmpty();
            List<Tensor> tried = others ? texts.others() : texts.chosen();
            double sqnr = probe.variants(
                            "the quantized text encoder",
                            Map.of("written", layers.without(kept.keySet())),
                            EncoderTexts.calls(tried),
                            progress)
                    .get("written");
            return new Outcome(
                    kept,
                    new EncoderQuality(
                            both.get("every"), both.get("first"), firstRow, alone, sqnr, tried.size(), others));
        }
    }
}
