package org.mixdq4j.ptq.forms;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mixdq4j.core.artifact.checkpoint.LayerBytes;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.LayerSizes;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * What a network's forms come to.
 *
 * @param layers by form, such as {@code W4A8} or {@code float}
 * @param bytes of the checkpoint's tensors by form, with {@link #OTHER} for what no layer holds
 * @param weightBits average over all layers' weights, those in float as 16; multipliers and scales do not count
 * @param activationBits average over all layers' inputs for one sample, those in float as 16
 */
public record NetworkBytes(
        Map<String, Integer> layers, Map<String, Long> bytes, double weightBits, double activationBits) {
    /** Of layers that are not quantized. */
    public static final String FLOAT = "float";
    /** Norms and other parameters that are never quantized. */
    public static final String OTHER = "other";

    private static final int FLOAT_BITS = Scheme.FLOAT_BITS;

    public NetworkBytes {
        layers = Collections.unmodifiableMap(new TreeMap<>(layers));
        bytes = Collections.unmodifiableMap(new TreeMap<>(bytes));
    }

    /** Bytes of all tensors: the weights file without its header. */
    public long total() {
        return bytes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Of the forms a planner gives, before anything is measured. */
    public static NetworkBytes of(Graph graph, LayerPlanner planner, Scheme scheme, WeightSource source) {
        Set<String> kept = planner.keptFloat(scheme).keySet();
        Map<String, LayerQuant> quants = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            if (!kept.contains(layer.id())) {
                quants.put(layer.id(), planner.quant(layer, scheme));
            }
        }
        return of(graph, quants, source);
    }

    /**
     * @param quants forms of the quantized layers; all others are in float
     * @param source the float model's weights
     */
    public static NetworkBytes of(Graph graph, Map<String, LayerQuant> quants, WeightSource source) {
        Map<String, Integer> layers = new TreeMap<>();
        Map<String, Long> bytes = new TreeMap<>();
        Map<String, Long> weights = LayerSizes.weights(graph);
        Map<String, Long> inputs = LayerSizes.inputs(graph);
        double weightSum = 0;
        double inputSum = 0;
        for (Node node : graph.nodes()) {
            LayerQuant quant = quants.get(node.id());
            String form = quant != null ? form(quant) : node.isLayer() ? FLOAT : OTHER;
            bytes.merge(
                    form,
                    quant != null ? LayerBytes.of(node, quant, source) : LayerBytes.inFloat(node, source),
                    Long::sum);
            if (node.isLayer()) {
                layers.merge(form, 1, Integer::sum);
                weightSum += (double) weights.get(node.id()) * (quant == null ? FLOAT_BITS : weightBits(quant));
                inputSum += (double) inputs.get(node.id()) * (quant == null ? FLOAT_BITS : activationBits(quant));
            }
        }
        return new NetworkBytes(layers, bytes, weightSum / sum(weights), inputSum / sum(inputs));
    }

    private static String form(LayerQuant quant) {
        return "W" + weightBits(quant) + "A" + activationBits(quant);
    }

    private static int weightBits(LayerQuant quant) {
        return quant.weight().map(weight -> weight.bits()).orElse(FLOAT_BITS);
    }

    private static int activationBits(LayerQuant quant) {
        return quant.activation().map(activation -> activation.bits()).orElse(FLOAT_BITS);
    }

    private static double sum(Map<String, Long> sizes) {
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }
}
