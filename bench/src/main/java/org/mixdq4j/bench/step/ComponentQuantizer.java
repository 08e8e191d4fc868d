package org.mixdq4j.bench.step;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.checkpoint.ModelFingerprint;
import org.mixdq4j.core.checkpoint.QuantizationConfig;
import org.mixdq4j.core.checkpoint.QuantizedCheckpointWriter;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.model.CheckpointNames;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.statistics.ActivationStatistics;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.quantize.LayerPlanner;
import org.mixdq4j.ptq.quantize.NetworkQuantizer;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * A component to a quantized checkpoint as 'mixdq ptq' writes it where nothing is measured: without a model around the
 * component and without a calibration set, layer by layer.
 */
public final class ComponentQuantizer {
    private ComponentQuantizer() {}

    /**
     * Writes the checkpoint. Layers whose inputs would need statistics (convolutions, even where a scheme is token by token)
     * stay in float.
     *
     * @throws UsageException if those are all
     */
    public static void write(Component component, Scheme scheme, Path out, Progress progress) {
        Graph graph = component.smallGraph();
        LayerPlanner planner = new LayerPlanner(graph, Optional.empty());
        Map<String, String> kept = planner.keptFloat(scheme);
        for (Node layer : graph.layers()) {
            boolean fixed = planner.quant(layer, scheme)
                    .activation()
                    .filter(input -> !input.dynamic())
                    .isPresent();
            if (fixed) {
                kept.putIfAbsent(layer.id(), "the range of its input is not known");
            }
        }
        if (kept.size() == graph.layers().size()) {
            throw new UsageException("The scheme " + scheme.name() + " gives every input a fixed range, which takes a"
                    + " calibration set to find; use one that is token by token or leaves inputs in float.");
        }
        try (SafetensorsFolder files = SafetensorsFolder.open(component.folder())) {
            WeightSource weights = CheckpointNames.adapt(files, graph);
            NetworkQuantizer quantizer = new NetworkQuantizer(
                    graph, LayerPlanner.quantizer(weights, new ActivationStatistics(Map.of()), scheme));
            QuantizedLayers layers = quantizer.onDemand(planner, scheme, kept.keySet(), progress);
            Map<String, LayerQuant> quants = new LinkedHashMap<>();
            layers.ids().forEach(id -> quants.put(id, planner.quant(graph.node(id), scheme)));
            String digest = Sha256.of(component.config().toString().getBytes(StandardCharsets.UTF_8));
            QuantizationConfig config = new QuantizationConfig(
                    component.name(),
                    new ModelFingerprint(Map.of(component.name(), digest)),
                    "",
                    scheme.toJson(),
                    "",
                    quants,
                    kept);
            QuantizedCheckpointWriter.write(out, graph, weights, layers, config, component.config());
        }
    }
}
