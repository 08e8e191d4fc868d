package org.mixdq4j.ptq.run;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.balance.Balance;
import org.mixdq4j.ptq.forms.LayerPlanner;
import org.mixdq4j.ptq.scheme.Scheme;

/** The quantized network as written, and with each technique of its scheme switched off alone: what a summary compares. */
final class Variants {
    private final Graph graph;
    private final LayerPlanner planner;
    private final LayerQuantizer plain;
    private final LayerQuantizer quantizer;
    private final Balance balance;
    private final Scheme scheme;

    /** @param plain makes layers without factors of their input channels */
    Variants(
            Graph graph,
            LayerPlanner planner,
            LayerQuantizer plain,
            LayerQuantizer quantizer,
            Balance balance,
            Scheme scheme) {
        this.graph = graph;
        this.planner = planner;
        this.plain = plain;
        this.quantizer = quantizer;
        this.balance = balance;
        this.scheme = scheme;
    }

    /**
     * Variants by name.
     *
     * @param quantized those quantized by the scheme
     * @param kept ids of those it leaves in float
     */
    Map<String, QuantizedLayers> of(QuantizedLayers quantized, Set<String> kept) {
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        quantized.forEach(layers::put);
        Map<String, QuantizedLayers> variants = new LinkedHashMap<>();
        variants.put("as written", quantized);
        if (layers.values().stream().anyMatch(QuantizedLayer::bos)) {
            variants.put("without BOS-aware", by(scheme.with(scheme.split(), false), layers));
        }
        if (layers.values().stream().anyMatch(layer -> layer.segments().size() > 1)) {
            variants.put("without split", by(scheme.with(false, scheme.bos()), layers));
        }
        if (layers.values().stream().anyMatch(layer -> layer.inputMultiplier().isPresent())) {
            Map<String, QuantizedLayer> unbalanced = new LinkedHashMap<>(layers);
            unbalanced.replaceAll((id, layer) -> layer.inputMultiplier().isEmpty()
                    ? layer
                    : plain.quantize(graph.node(id), form(id, scheme).balanced(false)));
            variants.put("without balance", QuantizedLayers.of(unbalanced));
        }
        if (layers.values().stream().anyMatch(layer -> layer.rotation() != Rotation.NONE)) {
            Map<String, QuantizedLayer> unrotated = new LinkedHashMap<>(layers);
            unrotated.replaceAll((id, layer) -> layer.rotation() == Rotation.NONE
                    ? layer
                    : quantizer.quantize(graph.node(id), form(id, scheme).rotated(Rotation.NONE)));
            variants.put("without rotation", QuantizedLayers.of(unrotated));
        }
        Map<String, QuantizedLayer> all = new LinkedHashMap<>(layers);
        for (String id : kept) {
            LayerQuant quant = form(id, scheme);
            if (!LayerPlanner.isFloat(quant)) {
                all.put(id, quantizer.quantize(graph.node(id), quant));
            }
        }
        if (all.size() > layers.size()) {
            variants.put("without layers kept in float", QuantizedLayers.of(all));
        }
        return variants;
    }

    private LayerQuant form(String id, Scheme how) {
        return balance.form(id, planner.quant(graph.node(id), how));
    }

    /** The layers as another scheme would have them; those whose form is the same are shared. */
    private QuantizedLayers by(Scheme other, Map<String, QuantizedLayer> layers) {
        Map<String, QuantizedLayer> out = new LinkedHashMap<>();
        layers.forEach((id, layer) -> {
            LayerQuant quant = form(id, other);
            boolean same = layer.bos() == quant.bos()
                    && layer.segments().size() == quant.split().size() + 1;
            out.put(id, same ? layer : quantizer.quantize(graph.node(id), quant));
        });
        return QuantizedLayers.of(out);
    }
}
