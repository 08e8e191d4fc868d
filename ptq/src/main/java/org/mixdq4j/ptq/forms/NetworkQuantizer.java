package org.mixdq4j.ptq.forms;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.balance.Balance;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * All layers of a network as a planner gives them their forms. Layers whose form is that of the call before are taken from
 * there: of two plans of one frontier most layers are alike, and more than the last network would not fit memory.
 */
public final class NetworkQuantizer {
    private final Graph graph;
    private final LayerQuantizer quantizer;
    private final Balance balance;
    private final Map<String, LayerQuant> lastForms = new LinkedHashMap<>();
    private final Map<String, QuantizedLayer> lastLayers = new LinkedHashMap<>();

    public NetworkQuantizer(Graph graph, LayerQuantizer quantizer) {
        this(graph, quantizer, Balance.none());
    }

    /**
     * Of layers whose inputs are changed before they are quantized.
     *
     * @param quantizer knows the balance's factors
     */
    public NetworkQuantizer(Graph graph, LayerQuantizer quantizer, Balance balance) {
        this.graph = graph;
        this.quantizer = quantizer;
        this.balance = balance;
    }

    /**
     * The quantized layers by id, in graph order.
     *
     * @param kept ids of layers that stay in float
     */
    public QuantizedLayers quantize(LayerPlanner planner, Scheme scheme, Set<String> kept, Progress progress) {
        List<Node> todo = graph.layers().stream()
                .filter(layer -> !kept.contains(layer.id()))
                .toList();
        Map<String, LayerQuant> forms = new LinkedHashMap<>();
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        progress.begin("quantizing layers", todo.size());
        for (Node layer : todo) {
            LayerQuant form = balance.form(layer.id(), planner.quant(layer, scheme));
            forms.put(layer.id(), form);
            layers.put(
                    layer.id(),
                    form.equals(lastForms.get(layer.id()))
                            ? lastLayers.get(layer.id())
                            : quantizer.quantize(layer, form));
            progress.at(layers.size());
        }
        progress.end();
        lastForms.clear();
        lastForms.putAll(forms);
        lastLayers.clear();
        lastLayers.putAll(layers);
        return QuantizedLayers.of(layers);
    }

    /**
     * The same layers, but each quantized when it is asked for and not kept: for a network whose layers are read once.
     *
     * @param progress told of each layer asked for
     */
    public QuantizedLayers onDemand(LayerPlanner planner, Scheme scheme, Set<String> kept, Progress progress) {
        Map<String, LayerQuant> forms = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            if (!kept.contains(layer.id())) {
                forms.put(layer.id(), balance.form(layer.id(), planner.quant(layer, scheme)));
            }
        }
        return onDemand("quantizing layers", forms, progress);
    }

    /**
     * Layers of given forms, quantized when they are asked for.
     *
     * @param stage what progress is told
     */
    public QuantizedLayers onDemand(String stage, Map<String, LayerQuant> forms, Progress progress) {
        progress.begin(stage, forms.size());
        AtomicInteger asked = new AtomicInteger();
        return QuantizedLayers.of(forms.keySet(), id -> {
            QuantizedLayer layer = quantizer.quantize(graph.node(id), forms.get(id));
            progress.at(asked.incrementAndGet());
            if (asked.get() == forms.size()) {
                progress.end();
            }
            return layer;
        });
    }
}
