package org.mixdq4j.core.graph.analysis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Concat;

/**
 * Layers that read image channels which a concat has just joined: the parts, a decoder's state and a skip connection,
 * have ranges so different that one scale for both wastes bits (Q-Diffusion). Vectors joined for conditioning are no
 * image channels and not split, as in MixDQ.
 */
public final class SplitPoints {
    private static final int IMAGE_RANK = 4;

    private SplitPoints() {}

    /** Layer id, in graph order, to the channels at which a new part begins: neither 0 nor the number of channels. */
    public static Map<String, List<Integer>> of(Graph graph) {
        Map<String, List<Integer>> splits = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            String input = layer.inputs().get(0);
            if (graph.inputs().containsKey(input) || graph.shape(input).rank() != IMAGE_RANK) {
                continue;
            }
            Node from = graph.node(input);
            int axis = from.shape().axis(layer.layer().inputAxis());
            if (from.op() instanceof Concat concat && concat.axis() == axis) {
                splits.put(layer.id(), boundaries(graph, from, axis));
            }
        }
        return splits;
    }

    private static List<Integer> boundaries(Graph graph, Node concat, int axis) {
        List<Integer> boundaries = new ArrayList<>();
        int end = 0;
        for (String part : concat.inputs().subList(0, concat.inputs().size() - 1)) {
            end += graph.shape(part).dim(axis);
            boundaries.add(end);
        }
        return List.copyOf(boundaries);
    }
}
