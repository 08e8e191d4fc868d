package org.mixdq4j.ptq.probe;

import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.LayerSizes;

/**
 * Which layers of a decoder or a text encoder stay in float. A decoder's differ in work by a factor of ten thousand, so what they may cost is
 * not counted in layers: two large convolutions in float take as much time as all integer ones.
 */
public final class WorstLayers {
    private WorstLayers() {}

    /** Multiplications of each layer. */
    public static Map<String, Double> work(Graph graph) {
        Map<String, Long> weights = LayerSizes.weights(graph);
        Map<String, Double> work = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            double positions = (double) layer.shape().elements() / layer.layer().outputs();
            work.put(layer.id(), weights.get(layer.id()) * positions);
        }
        return work;
    }

    /**
     * Of the layers that hurt more than they do on average, worst first, those that fit into what is left of a share of all work.
     *
     * @param alone SQNR in dB of the output with only that layer quantized
     * @param work of each layer
     * @param share of the work of all
     * @return ids with the reason
     */
    public static Map<String, String> kept(Map<String, Double> alone, Map<String, Double> work, double share) {
        double left = share * work.values().stream().mapToDouble(each -> each).sum();
        double average = alone.values().stream()
                .filter(decibels -> !decibels.isNaN())
                .mapToDouble(WorstLayers::noise)
                .average()
                .orElse(0);
        Map<String, Double> chosen = new LinkedHashMap<>();
        for (Map.Entry<String, Double> layer : Protection.ranked(alone, alone.size())) {
            // An output that was no number is worse than any.
            boolean bad = !(noise(layer.getValue()) <= average);
            double needs = work.get(layer.getKey());
            if (bad && needs <= left) {
                left -= needs;
                chosen.put(layer.getKey(), layer.getValue());
            }
        }
        return Protection.worst(chosen, chosen.size());
    }

    /** As a share of the output's energy. */
    private static double noise(double decibels) {
        return Math.pow(10, -decibels / 10);
    }
}
