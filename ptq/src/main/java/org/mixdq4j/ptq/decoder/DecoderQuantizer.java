package org.mixdq4j.ptq.decoder;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpointWriter;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
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
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.InputStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.probe.Protection;
import org.mixdq4j.ptq.probe.QualityProbe;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * The VAE's decoder in integers: static ranges from decoding the latents that calibration ended with, the layers that hurt its
 * output most in float. Written as a checkpoint of its own into the component's folder.
 */
public final class DecoderQuantizer {
    /** Side of the piece of latents that layers are tried on alone: a recording keeps every value of the decoder. */
    private static final int TRIED = 32;
    /** Pieces that layers are tried on. */
    private static final int TRIES = 2;

    private static final double PERCENTILE = 99.99;

    private final ModelSource model;
    private final Scheme.Vae how;
    private final Supplier<List<Tensor>> latents;
    private final InstrumentedExecutor executor;
    private final Progress progress;

    /**
     * @param latents [1, C, H, W] each as a scheduler ends with them, that ranges come from; asked for if a scheme wants it
     *     quantized
     */
    public DecoderQuantizer(
            ModelSource model,
            Scheme.Vae how,
            Supplier<List<Tensor>> latents,
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
        List<Tensor> latents = this.latents.get().stream()
                .map(latent -> LatentDecoder.input(config, latent))
                .toList();
        Graph graph = LatentDecoder.graph(config, latents.get(0).shape());
        try (StoredWeights stored = model.weights(LatentDecoder.COMPONENT)) {
            WeightSource weights = CheckpointNames.adapt(stored, graph);
            Map<String, LayerQuant> quants = forms(graph);
            Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
            List<float[]> expected = new ArrayList<>();
            LayerQuantizer quantizer = new LayerQuantizer(
                    weights,
                    statistics(graph, weights, quants, latents, expected),
                    new RangeChooser(how.range(), PERCENTILE),
                    WeightRounder.nearest(ScaleSearch.MAX_ABS));
            quants.forEach((id, quant) -> layers.put(id, quantizer.quantize(graph.node(id), quant)));
            int count = Protection.count(quants.size(), how.worst());
            Map<String, Double> alone =
                    count == 0 ? Map.of() : alone(work, config, weights, latents, QuantizedLayers.of(layers), network);
            Map<String, String> kept = Protection.worst(alone, count);
            layers.keySet().removeAll(kept.keySet());
            quants.keySet().removeAll(kept.keySet());
            QuantizedLayers quantized = QuantizedLayers.of(layers);
            double psnr = psnr(graph, weights, quantized, latents, expected);
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
                    psnr,
                    model.weightBytes(LatentDecoder.COMPONENT),
                    Folders.size(QuantizedCheckpoint.partWeightsFile(work, LatentDecoder.COMPONENT))));
        }
    }

    /** As many of a set's latents as a scheme says, spread over it. */
    public static List<Tensor> latents(CalibrationSet set, Scheme.Vae how) {
        int all = set.manifest().samples().size();
        int count = Math.min(how.samples(), all);
        List<Tensor> latents = new ArrayList<>();
        int[] index = {0};
        set.forEachLatents(tensor -> {
            // Of each of as many equal parts of the set the first one.
            if ((long) index[0] * count / all >= latents.size() && latents.size() < count) {
                latents.add(tensor);
            }
            index[0]++;
        });
        return latents;
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

    /** @param pictures filled with what the float decoder draws */
    private ActivationStatistics statistics(
            Graph graph,
            WeightSource weights,
            Map<String, LayerQuant> quants,
            List<Tensor> latents,
            List<float[]> pictures) {
        Set<StatisticsKey> keys = new LinkedHashSet<>();
        quants.forEach((id, quant) -> keys.addAll(LayerForms.keys(graph.node(id), quant)));
        InputStatistics seen = new InputStatistics(graph, keys);
        progress.begin("activation statistics of the VAE", latents.size());
        try (Instrumented decoder = executor.compile(graph, weights)) {
            for (Tensor tensor : latents) {
                pictures.add(LatentDecoder.picture(decoder.run(inputs(tensor), Set.of(LatentDecoder.OUTPUT), seen)
                        .get(LatentDecoder.OUTPUT)));
                progress.at(pictures.size());
            }
        }
        progress.end();
        return seen.statistics();
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

    private double psnr(
            Graph graph, WeightSource weights, QuantizedLayers layers, List<Tensor> latents, List<float[]> expected) {
        double sum = 0;
        progress.begin("pictures of the quantized VAE", latents.size());
        try (Instrumented decoder = executor.compile(graph, weights, layers, Numerics.SIMULATED)) {
            for (int i = 0; i < latents.size(); i++) {
                Tensor image = decoder.run(inputs(latents.get(i))).get(LatentDecoder.OUTPUT);
                sum += Psnr.of(expected.get(i), LatentDecoder.picture(image), 1);
                progress.at(i + 1);
            }
        }
        progress.end();
        return sum / latents.size();
    }
}
