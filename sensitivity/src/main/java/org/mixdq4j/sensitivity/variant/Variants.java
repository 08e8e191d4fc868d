package org.mixdq4j.sensitivity.variant;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.ActivationQuant.Granularity;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;

/** All variants of a graph's layers and their quantized forms. Safe for use by several threads. */
public final class Variants {
    private final Graph graph;
    private final LayerForms forms;
    private final Set<String> rowLayers;
    private final LayerQuantizer quantizer;
    private final Form form;
    private final List<Variant> all = new ArrayList<>();
    private final Map<Variant, QuantizedLayer> kept = new HashMap<>();
    private long room;

    /**
     * How layers are held besides their bits.
     *
     * @param group weights a group, or 0
     * @param split whether inputs behind a channel concat are cut where the concat joins
     * @param bos whether projections of the text leave the first token's row in float
     * @param granularity of inputs of Linears
     * @param rowsInFloat whether inputs of Linears that read one row a sample stay in float, whatever bits are asked for
     */
    public record Form(int group, boolean split, boolean bos, Granularity granularity, boolean rowsInFloat) {
        /** As MixDQ has it. */
        public Form(int group, boolean split, boolean bos) {
            this(group, split, bos, Granularity.TENSOR, false);
        }

        /** All layers of a graph with weights and inputs of these bits. */
        public Map<String, LayerQuant> quants(Graph graph, int weightBits, int activationBits) {
            LayerForms forms = new LayerForms(graph);
            Set<String> rows = rowsInFloat ? RowLayers.of(graph) : Set.of();
            Map<String, LayerQuant> quants = new LinkedHashMap<>();
            for (Node layer : graph.layers()) {
                Optional<ActivationQuant> activation = rows.contains(layer.id())
                        ? Optional.empty()
                        : Optional.of(new ActivationQuant(activationBits, granularity));
                quants.put(
                        layer.id(),
                        forms.of(layer, Optional.of(WeightQuant.grouped(weightBits, group)), activation, split, bos));
            }
            return quants;
        }
    }

    /**
     * @param weightBits candidates of weights, may be empty
     * @param activationBits candidates of inputs, may be empty
     * @param keptBytes of integer weights to keep rather than make again for every calibration row
     */
    public Variants(
            Graph graph,
            LayerQuantizer quantizer,
            Form form,
            List<Integer> weightBits,
            List<Integer> activationBits,
            long keptBytes) {
        this.graph = graph;
        this.forms = new LayerForms(graph);
        this.rowLayers = RowLayers.of(graph);
        this.quantizer = quantizer;
        this.form = form;
        this.room = keptBytes;
        for (Node layer : graph.layers()) {
            weightBits.forEach(bits -> all.add(new Variant(layer.id(), Part.WEIGHTS, bits)));
            activationBits.forEach(bits -> all.add(new Variant(layer.id(), Part.ACTIVATIONS, bits)));
        }
    }

    /** In graph order; of each layer weights before inputs, bits as given. */
    public List<Variant> all() {
        return List.copyOf(all);
    }

    /** The variant's layer. */
    public QuantizedLayer layer(Variant variant) {
        synchronized (kept) {
            QuantizedLayer known = kept.get(variant);
            if (known != null) {
                return known;
            }
        }
        Node node = graph.node(variant.layer());
        QuantizedLayer made = quantizer.quantize(node, quant(node, variant));
        if (variant.part() == Part.WEIGHTS) {
            long bytes = made.segments().stream()
                    .mapToLong(s -> s.weight().buffer().capacity())
                    .sum();
            synchronized (kept) {
                if (bytes <= room && kept.putIfAbsent(variant, made) == null) {
                    room -= bytes;
                }
            }
        }
        return made;
    }

    private LayerQuant quant(Node node, Variant variant) {
        boolean weights = variant.part() == Part.WEIGHTS;
        boolean exact = form.rowsInFloat() && rowLayers.contains(node.id());
        return forms.of(
                node,
                weights ? Optional.of(WeightQuant.grouped(variant.bits(), form.group())) : Optional.empty(),
                weights || exact
                        ? Optional.empty()
                        : Optional.of(new ActivationQuant(variant.bits(), form.granularity())),
                form.split(),
                form.bos());
    }
}
