package org.mixdq4j.core.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * A graph cut into graphs that are run one after the other, each with few parameters, so that a network can be computed
 * with a part of its weights in memory. Nodes keep their ids, and with them the names of their parameters; what a part
 * reads of earlier ones is its input, what later ones read its output, by id.
 */
public final class GraphParts {
    private final Graph graph;
    private final List<List<Node>> groups = new ArrayList<>();
    private final Set<String> wanted;

    private GraphParts(Graph graph, Set<String> wanted) {
        this.graph = graph;
        this.wanted = wanted;
    }

    /**
     * The parts that the wanted values need, in order.
     *
     * @param wanted ids of nodes; each is an output of the part it is in
     * @param elements of parameters in a part, at most; a node with more is a part of its own
     */
    public static List<Graph> of(Graph graph, Set<String> wanted, long elements) {
        GraphParts parts = new GraphParts(graph, wanted);
        parts.group(elements);
        return parts.build();
    }

    private void group(long elements) {
        Set<String> needed = needed();
        long filled = 0;
        for (Node node : graph.nodes()) {
            if (needed.contains(node.id())) {
                long own = node.op().parameters().stream()
                        .mapToLong(spec -> spec.shape().elements())
                        .sum();
                if (groups.isEmpty() || own > 0 && filled + own > elements) {
                    groups.add(new ArrayList<>());
                    filled = 0;
                }
                filled += own;
                groups.get(groups.size() - 1).add(node);
            }
        }
    }

    private Set<String> needed() {
        Set<String> needed = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(wanted);
        while (!open.isEmpty()) {
            String id = open.pop();
            if (!graph.inputs().containsKey(id) && needed.add(id)) {
                open.addAll(graph.node(id).inputs());
            }
        }
        return needed;
    }

    private List<Graph> build() {
        List<Graph> parts = new ArrayList<>();
        Set<String> readLater = new HashSet<>(wanted);
        for (int i = groups.size() - 1; i >= 0; i--) {
            parts.add(0, part(i, readLater));
            groups.get(i).forEach(node -> readLater.addAll(node.inputs()));
        }
        return parts;
    }

    private Graph part(int index, Set<String> readLater) {
        List<Node> nodes = groups.get(index);
        GraphBuilder builder = new GraphBuilder(graph.name() + " part " + (index + 1) + " of " + groups.size());
        Map<String, GraphBuilder.Value> values = new HashMap<>();
        for (String id : reads(nodes)) {
            GraphInput input = graph.inputs().get(id);
            Shape shape = graph.shape(id);
            values.put(id, builder.input(id, input == null ? DType.F32 : input.dtype(), shape));
        }
        for (Node node : nodes) {
            GraphBuilder.Value[] from = node.inputs().stream().map(values::get).toArray(GraphBuilder.Value[]::new);
            values.put(node.id(), builder.add(node.id(), node.op(), from));
            if (readLater.contains(node.id())) {
                builder.output(node.id(), values.get(node.id()));
            }
        }
        return builder.build();
    }

    /** What nodes read that is not among them. */
    private static Set<String> reads(List<Node> nodes) {
        Map<String, Node> own = new LinkedHashMap<>();
        nodes.forEach(node -> own.put(node.id(), node));
        Set<String> reads = new LinkedHashSet<>();
        nodes.forEach(node -> reads.addAll(node.inputs()));
        reads.removeAll(own.keySet());
        return reads;
    }
}
