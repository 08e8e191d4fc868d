package org.mixdq4j.bench.step;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpointWriter;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.forms.LayerPlanner;
import org.mixdq4j.ptq.forms.NetworkQuantizer;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * A component to a quantized checkpoint as 'mixdq ptq' writes it where nothing is measured: without a model around the
 * component, layer by layer, with ranges from a few random calls in place of a calibration set.
 */
public final class ComponentQuantizer {
    private ComponentQuantizer() {}

    /**
     * Writes the checkpoint.
     *
     * @param shape of the calls that static ranges come from
     * @param calls how many; 0: layers that need a static range stay in float
     * @throws UsageException if those are all
     */
    public static void write(
            Component component, Scheme scheme, NetworkShape shape, int calls, Path out, Progress progress) {
        String digest = Sha256.of(component.config().toString().getBytes(StandardCharsets.UTF_8));
        write(component, new ModelFingerprint(Map.of(component.name(), digest)), scheme, shape, calls, out, progress);
    }

    /** The same of a component of a model. @param model that the checkpoint is to be made from */
    public static void write(
            Component component,
            ModelFingerprint model,
            Scheme scheme,
            NetworkShape shape,
            int calls,
            Path out,
            Progress progress) {
        Graph graph = component.smallGraph();
        LayerPlanner planner = new LayerPlanner(graph, Optional.empty());
        Map<String, String> kept = planner.keptFloat(scheme);
        Set<StatisticsKey> keys = new LinkedHashSet<>();
        for (Node layer : graph.layers()) {
            LayerQuant quant = planner.quant(layer, scheme);
            boolean fixed = quant.activation().filter(input -> !input.dynamic()).isPresent();
            if (fixed && calls == 0) {
                kept.putIfAbsent(layer.id(), "the range of its input is not known");
            } else if (fixed && !kept.containsKey(layer.id())) {
                keys.addAll(LayerForms.keys(layer, quant));
            }
        }
        if (kept.size() == graph.layers().size()) {
            throw new UsageException("The scheme " + scheme.name() + " gives every input a fixed range, which takes"
                    + " calls to find; give --calls 1 or more.");
        }
        try (SafetensorsFolder files = SafetensorsFolder.open(component.folder())) {
            WeightSource weights = CheckpointNames.adapt(files, graph);
            RandomCalls seen = RandomCalls.run(component, weights, keys, Set.of(), shape, calls, progress);
            NetworkQuantizer quantizer =
                    new NetworkQuantizer(graph, LayerPlanner.quantizer(weights, seen.statistics(), scheme));
            QuantizedLayers layers = quantizer.onDemand(planner, scheme, kept.keySet(), progress);
            Map<String, LayerQuant> quants = new LinkedHashMap<>();
            layers.ids().forEach(id -> quants.put(id, planner.quant(graph.node(id), scheme)));
            QuantizationConfig config =
                    new QuantizationConfig(component.name(), model, "", scheme.toJson(), "", quants, kept);
            QuantizedCheckpointWriter.write(out, graph, weights, layers, config, component.config());
        }
    }
}
