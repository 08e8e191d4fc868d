package org.mixdq4j.ptq.decoder;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpointWriter;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.metrics.Psnr;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.LatentDecoder;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.probe.Protection;
import org.mixdq4j.ptq.probe.QualityProbe;
import org.mixdq4j.ptq.probe.WorstLayers;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * The VAE's decoder in integers: static ranges from decoding latents that calibration ended with, some of the layers that hurt its
 * output most in float. Written as a checkpoint of its own into the component's folder.
 */
public final class DecoderQuantizer {
    /** Side of the piece of latents that layers are tried on alone: a recording keeps every value of the decoder. */
    private static final int TRIED = 32;
    /** Pieces that layers are tried on. */
    private static final int TRIES = 2;

    private final ModelSource model;
    private final Scheme.Vae how;
    private final Supplier<DecoderLatents> latents;
    private final InstrumentedExecutor executor;
    private final Progress progress;

    /** @param latents asked for if the scheme wants it quantized */
    public DecoderQuantizer(
            ModelSource model,
            Scheme.Vae how,
            Supplier<DecoderLatents> latents,
            InstrumentedExecutor executor,
            Progress progress) {
        this.model = model;
        this.how = how;
        this.latents = latents;
        this.executor = executor;
        this.progress = progress;
    }

    /**
     * Writes it, if the scheme asks for it.
     *
     * @param work folder of the checkpoint that is being made; measurements of a stopped run are found there
     * @param network what the noise predictor's checkpoint says of model, calibration and scheme
     */
    public Optional<DecoderReport> write(Path work, QuantizationConfig network) {
        if (how.bits() == Scheme.FLOAT_BITS) {
            return Optional.empty();
        }
        JsonNode config = model.config(LatentDecoder.COMPONENT);
        DecoderLatents given = this.latents.get();
        List<Tensor> latents = read(config, given.ranged());
        Graph graph = LatentDecoder.graph(config, latents.get(0).shape());
        try (StoredWeights stored = model.weights(LatentDecoder.COMPONENT)) {
            WeightSource weights = CheckpointNames.adapt(stored, graph);
            Map<String, LayerQuant> quants = forms(graph);
            Map<String, QuantizedLayer> layers = layers(graph, weights, extremes(graph, weights, latents));
            Map<String, Double> alone = how.worst() == 0
                    ? Map.of()
                    : alone(work, config, weights, latents, QuantizedLayers.of(layers), network);
            Map<String, String> kept = WorstLayers.kept(alone, WorstLayers.work(graph), how.worst());
            layers.keySet().removeAll(kept.keySet());
            quants.keySet().removeAll(kept.keySet());
            QuantizedLayers quantized = QuantizedLayers.of(layers);
            boolean others = !given.others().isEmpty();
            List<Tensor> tried = others ? read(config, given.others()) : latents;
            DoubleSummaryStatistics psnr = psnr(graph, weights, quantized, tried);
            QuantizationConfig own = new QuantizationConfig(
                    LatentDecoder.COMPONENT,
                    network.source(),
                    network.calibration(),
                    network.scheme(),
                    "",
                    quants,
                    kept);
            QuantizedCheckpointWriter.writePart(work, graph, weights, quantized, own, config);
            return Optional.of(new DecoderReport(
                    layers.size(),
                    kept,
                    alone,
                    (int) psnr.getCount(),
                    others,
                    psnr.getAverage(),
                    psnr.getMin(),
                    model.weightBytes(LatentDecoder.COMPONENT),
                    Folders.size(QuantizedCheckpoint.partWeightsFile(work, LatentDecoder.COMPONENT))));
        }
    }

    /** As the decoder reads them. */
    private static List<Tensor> read(JsonNode config, List<Tensor> latents) {
        return latents.stream()
                .map(tensor -> LatentDecoder.input(config, tensor))
                .toList();
    }

    private Map<String, LayerQuant> forms(Graph graph) {
        LayerForms forms = new LayerForms(graph);
        Map<String, LayerQuant> quants = new LinkedHashMap<>();
        graph.layers()
                .forEach(layer -> quants.put(
                        layer.id(),
                        forms.of(
                                layer,
                                Optional.of(new WeightQuant(how.bits())),
                                Optional.of(new ActivationQuant(how.bits())),
                                false,
                                false)));
        return quants;
    }

    private InputExtremes extremes(Graph graph, WeightSource weights, List<Tensor> latents) {
        InputExtremes seen = new InputExtremes(graph.layers());
        progress.begin("activation statistics of the VAE", latents.size());
        try (Instrumented decoder = executor.compile(graph, weights)) {
            for (int i = 0; i < latents.size(); i++) {
                decoder.run(inputs(latents.get(i)), Set.of(LatentDecoder.OUTPUT), seen);
                progress.at(i + 1);
            }
        }
        progress.end();
        return seen;
    }

    private Map<String, QuantizedLayer> layers(Graph graph, WeightSource weights, InputExtremes seen) {
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            Tensor weight = weights.tensor(layer.id() + ".weight");
            Segment whole = SymmetricWeights.quantize(
                            weight, 0, layer.layer().inputs(), new WeightQuant(how.bits()), ScaleSearch.MAX_ABS)
                    .segment(0, Optional.of(seen.range(layer, how.margin(), how.bits())));
            Optional<Tensor> bias =
                    layer.layer().bias() ? Optional.of(weights.tensor(layer.id() + ".bias")) : Optional.empty();
            layers.put(layer.id(), new QuantizedLayer(List.of(whole), bias, false));
        }
        return layers;
    }

    private static Map<String, Tensor> inputs(Tensor latents) {
        return Map.of(LatentDecoder.INPUT, latents);
    }

    private Map<String, Double> alone(
            Path work,
            JsonNode config,
            WeightSource weights,
            List<Tensor> latents,
            QuantizedLayers layers,
            QuantizationConfig network) {
        List<Map<String, Tensor>> pieces = new ArrayList<>();
        for (int i = 0; i < Math.min(TRIES, latents.size()); i++) {
            pieces.add(inputs(middle(latents.get(i * latents.size() / TRIES))));
        }
        Graph graph = LatentDecoder.graph(
                config, pieces.get(0).get(LatentDecoder.INPUT).shape());
        String identity =
                network.calibration() + network.scheme() + network.source().toJson();
        Path folder = work.resolve(LatentDecoder.COMPONENT);
        try (Instrumented decoder = executor.compile(graph, weights)) {
            return new Protection(folder, Sha256.of(identity.getBytes(StandardCharsets.UTF_8)))
                    .alone(new QualityProbe(decoder), layers, () -> pieces, progress);
        }
    }

    /** The middle of latents [1, C, H, W], of at most {@link #TRIED} rows and columns. */
    private static Tensor middle(Tensor latents) {
        Shape shape = latents.shape();
        int height = Math.min(TRIED, shape.dim(2));
        int width = Math.min(TRIED, shape.dim(3));
        int top = (shape.dim(2) - height) / 2;
        int left = (shape.dim(3) - width) / 2;
        float[] from = latents.toFloatArray();
        float[] to = new float[shape.dim(1) * height * width];
        for (int row = 0; row < shape.dim(1) * height; row++) {
            int source = (row / height * shape.dim(2) + top + row % height) * shape.dim(3) + left;
            System.arraycopy(from, source, to, row * width, width);
        }
        return Tensor.of(Shape.of(1, shape.dim(1), height, width), to);
    }

    /** PSNR in dB of pictures against the float decoder's. */
    private DoubleSummaryStatistics psnr(
            Graph graph, WeightSource weights, QuantizedLayers layers, List<Tensor> latents) {
        List<float[]> expected = new ArrayList<>();
        try (Instrumented decoder = executor.compile(graph, weights)) {
            latents.forEach(tensor -> expected.add(picture(decoder, tensor)));
        }
        DoubleSummaryStatistics psnr = new DoubleSummaryStatistics();
        progress.begin("pictures of the quantized VAE", latents.size());
        try (Instrumented decoder = executor.compile(graph, weights, layers, Numerics.SIMULATED)) {
            for (int i = 0; i < latents.size(); i++) {
                psnr.accept(Psnr.of(expected.get(i), picture(decoder, latents.get(i)), 1));
                progress.at(i + 1);
            }
        }
        progress.end();
        return psnr;
    }

    private static float[] picture(Instrumented decoder, Tensor latents) {
        return LatentDecoder.picture(decoder.run(inputs(latents)).get(LatentDecoder.OUTPUT));
    }
}
