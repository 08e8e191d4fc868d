package org.mixdq4j.torch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.torch.kernel.Kernels;

/**
 * Which values a recording keeps. Those with the most {@link Work} per byte come first, the earlier of equals, until one
 * does not fit: what a smaller budget keeps a larger one keeps as well, so that more memory never means more work.
 */
final class Retention {
    private Retention() {}

    /** Ids of graph inputs and nodes. @param budgetBytes for what is neither input nor output of the graph */
    static Set<String> of(Graph graph, long budgetBytes) {
        Map<String, String> owners = owners(graph);
        Set<String> kept = new HashSet<>(graph.inputs().keySet());
        for (String id : graph.outputs().values()) {
            kept.add(id);
            if (!owners.get(id).isEmpty()) {
                kept.add(owners.get(id));
            }
        }
        long left = budgetBytes;
        for (Node node : byWorkPerByte(graph)) {
            if (kept.contains(node.id())) {
                continue;
            }
            left -= bytes(node);
            if (left < 0) {
                break;
            }
            kept.add(node.id());
        }
        Set<String> free = new HashSet<>(kept);
        owners.forEach((id, owner) -> {
            if (owner.isEmpty() || kept.contains(owner)) {
                free.add(id);
            }
        });
        return free;
    }

    /** Whose memory a value lies in: its own, that of the value it is a view of, or none of the run's (empty). */
    private static Map<String, String> owners(Graph graph) {
        Map<String, String> owners = new HashMap<>();
        graph.inputs().keySet().forEach(id -> owners.put(id, id));
        for (Node node : graph.nodes()) {
            if (!Kernels.mayAlias(node.op())) {
                owners.put(node.id(), node.id());
            } else {
                owners.put(
                        node.id(),
                        node.op() instanceof Reshape ? owners.get(node.inputs().get(0)) : "");
            }
        }
        return owners;
    }

    private static List<Node> byWorkPerByte(Graph graph) {
        Map<String, Double> density = new HashMap<>();
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (!Kernels.mayAlias(node.op())) {
                long work =
                        Work.cost(node, node.inputs().stream().map(graph::shape).toList());
                density.put(node.id(), (double) work / Math.max(1, bytes(node)));
                nodes.add(node);
            }
        }
        nodes.sort(Comparator.comparing(node -> -density.get(node.id())));
        return nodes;
    }

    /** All values of nodes are FP32. */
    private static long bytes(Node node) {
        return node.shape().elements() * Float.BYTES;
    }
}
