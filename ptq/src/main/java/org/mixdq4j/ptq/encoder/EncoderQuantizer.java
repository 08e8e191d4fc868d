package org.mixdq4j.ptq.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpointWriter;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.io.AtomicFiles;
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
 * Text encoders with integer weights, and inputs quantized token by token where a scheme asks for it, each written as a
 * checkpoint of its own into its component's folder. Embeddings stay as they are.
 */
public final class EncoderQuantizer {
    private final ModelSource model;
    private final Scheme.TextEncoders how;
    private final Function<String, EncoderTexts> texts;
    private final InstrumentedExecutor executor;
    private final Progress progress;

    /** @param set whose captions are measured on, if the scheme asks for it */
    public EncoderQuantizer(
            ModelSource model,
            Scheme.TextEncoders how,
            CalibrationSet set,
            InstrumentedExecutor executor,
            Progress progress) {
        this(model, how, component -> EncoderTexts.of(model, component, set, how), executor, progress);
    }

    /** @param texts asked for by component, where something is measured */
    public EncoderQuantizer(
            ModelSource model,
            Scheme.TextEncoders how,
            Function<String, EncoderTexts> texts,
            InstrumentedExecutor executor,
            Progress progress) {
        this.model = model;
        this.how = how;
        this.texts = texts;
        this.executor = executor;
        this.progress = progress;
    }

    /**
     * Writes those the scheme asks for.
     *
     * @param work folder of the checkpoint that is being made; measurements of a stopped run are found there
     * @param network what the noise predictor's checkpoint says of model, calibration and scheme
     */
    public List<EncoderReport> write(Path work, QuantizationConfig network) {
        List<EncoderReport> written = new ArrayList<>();
        for (String component : components(model, how)) {
            written.add(write(work, component, network));
        }
        return written;
    }

    /** The text encoders a scheme means, in the model's order. */
    public static List<String> components(ModelSource model, Scheme.TextEncoders how) {
        if (how.bits() == Scheme.FLOAT_BITS) {
            return List.of();
        }
        List<String> all = model.textEncoders();
        ToLongFunction<String> parameters =
                component -> graph(model.config(component), 1).parameterCount();
        return switch (how.which()) {
            case ALL -> all;
            case LARGEST -> all.stream()
                    .max(Comparator.comparingLong(parameters))
                    .map(List::of)
                    .orElse(List.of());
            case SMALL -> all.stream()
                    .filter(component -> parameters.applyAsLong(component) <= Scheme.Which.SMALL_PARAMETERS)
                    .toList();
        };
    }

    /** How many tokens it reads changes nothing about its weights. */
    private static Graph graph(JsonNode config, int tokens) {
        return Networks.build(config, new NetworkShape(1, 0, 0, tokens));
    }

    private EncoderReport write(Path work, String component, QuantizationConfig network) {
        JsonNode config = model.config(component);
        Optional<EncoderTexts> tried = how.measures() ? Optional.of(texts.apply(component)) : Optional.empty();
        Graph graph = graph(config, tried.map(EncoderTexts::length).orElse(1));
        try (StoredWeights source = model.weights(component)) {
            WeightSource weights = CheckpointNames.adapt(source, graph);
            NetworkQuantizer quantizer = new NetworkQuantizer(graph, nearest(weights));
            Map<String, LayerQuant> forms = forms(graph, false);
            Map<String, String> kept = Map.of();
            Optional<EncoderQuality> quality = Optional.empty();
            if (tried.isPresent()) {
                EncoderTrial.Outcome outcome = new EncoderTrial(
                                work.resolve(component), graph, weights, how.worst(), tried.get(), executor, progress)
                        .choose(
                                quantizer.onDemand("quantizing " + component, forms, progress),
                                RowLayers.of(graph),
                                network.source().toJson() + network.calibration() + network.scheme());
                forms = forms(graph, outcome.quality().firstRow());
                kept = outcome.kept();
                quality = Optional.of(outcome.quality());
                if (!(outcome.quality().sqnr() >= how.floor())) {
                    return inFloat(work, component, outcome.quality());
                }
            }
            forms.keySet().removeAll(kept.keySet());
            QuantizedLayers layers = quantizer.onDemand("writing " + component, forms, progress);
            QuantizationConfig encoder = new QuantizationConfig(
                    component, network.source(), network.calibration(), network.scheme(), "", forms, kept);
            QuantizedCheckpointWriter.writePart(work, graph, weights, layers, encoder, config);
            return new EncoderReport(
                    component,
                    how.bits(),
                    how.activations(),
                    forms.size(),
                    kept,
                    quality,
                    model.weightBytes(component),
                    Folders.size(QuantizedCheckpoint.partWeightsFile(work, component)));
        }
    }

    /** One that came out worse than a scheme allows: nothing of it is written. */
    private EncoderReport inFloat(Path work, String component, EncoderQuality quality) {
        Path folder = work.resolve(component);
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw AtomicFiles.failure("delete", folder, e);
        }
        long bytes = model.weightBytes(component);
        return new EncoderReport(
                component, Scheme.FLOAT_BITS, Scheme.FLOAT_BITS, 0, Map.of(), Optional.of(quality), bytes, bytes);
    }

    private LayerQuantizer nearest(WeightSource weights) {
        return new LayerQuantizer(
                weights,
                new ActivationStatistics(Map.of()),
                new RangeChooser(RangeMethod.MINMAX, 100),
                WeightRounder.nearest(how.weights().search()));
    }

    /** @param firstRow whether layers that read a row a token leave the first in float */
    private Map<String, LayerQuant> forms(Graph graph, boolean firstRow) {
        Set<String> single = RowLayers.of(graph);
        Map<String, LayerQuant> forms = new LinkedHashMap<>();
        graph.layers()
                .forEach(layer -> forms.put(
                        layer.id(),
                        new LayerQuant(
                                how.weights().quant(),
                                how.inputs(),
                                List.of(),
                                firstRow && !single.contains(layer.id()))));
        return forms;
    }
}
