package org.mixdq4j.ptq.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpointWriter;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.forms.NetworkQuantizer;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * Text encoders with integer weights and float inputs, each written as a checkpoint of its own into its component's folder.
 * Prompts are encoded once a picture, so memory is what there is to win; embeddings stay as they are.
 */
public final class EncoderQuantizer {
    private final ModelSource model;
    private final Scheme.TextEncoders how;
    private final Progress progress;

    public EncoderQuantizer(ModelSource model, Scheme.TextEncoders how, Progress progress) {
        this.model = model;
        this.how = how;
        this.progress = progress;
    }

    /**
     * Writes those the scheme asks for.
     *
     * @param work folder of the checkpoint that is being made
     * @param network what the noise predictor's checkpoint says of model, calibration and scheme
     */
    public List<EncoderBytes> write(Path work, QuantizationConfig network) {
        List<EncoderBytes> written = new ArrayList<>();
        for (String component : components()) {
            written.add(write(work, component, network));
        }
        return written;
    }

    /** The text encoders the scheme means, in the model's order. */
    private List<String> components() {
        if (how.bits() == Scheme.FLOAT_BITS) {
            return List.of();
        }
        List<String> all = model.textEncoders();
        return how.which() == Scheme.Which.ALL
                ? all
                : all.stream()
                        .max(Comparator.comparingLong(this::parameters))
                        .map(List::of)
                        .orElse(List.of());
    }

    private long parameters(String component) {
        return graph(model.config(component)).parameterCount();
    }

    /** How many tokens it reads changes nothing about its weights. */
    private static Graph graph(JsonNode config) {
        return Networks.build(config, new NetworkShape(1, 0, 0, 1));
    }

    private EncoderBytes write(Path work, String component, QuantizationConfig network) {
        JsonNode config = model.config(component);
        Graph graph = graph(config);
        LayerQuant quant = new LayerQuant(how.weights().quant(), Optional.empty(), List.of(), false);
        Map<String, LayerQuant> quants = new LinkedHashMap<>();
        graph.layers().forEach(layer -> quants.put(layer.id(), quant));
        try (StoredWeights source = model.weights(component)) {
            WeightSource weights = CheckpointNames.adapt(source, graph);
            LayerQuantizer quantizer = new LayerQuantizer(
                    weights,
                    new ActivationStatistics(Map.of()),
                    new RangeChooser(RangeMethod.MINMAX, 100),
                    WeightRounder.nearest(how.weights().search()));
            QuantizedLayers layers =
                    new NetworkQuantizer(graph, quantizer).onDemand("quantizing " + component, quants, progress);
            QuantizationConfig encoder = new QuantizationConfig(
                    component, network.source(), network.calibration(), network.scheme(), "", quants, Map.of());
            QuantizedCheckpointWriter.writePart(work, graph, weights, layers, encoder, config);
        }
        return new EncoderBytes(
                component,
                how.bits(),
                quants.size(),
                model.weightBytes(component),
                Folders.size(QuantizedCheckpoint.partWeightsFile(work, component)));
    }
}
