package org.mixdq4j.core.graph.analysis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;

/** Which nodes a value has an influence on: what must be computed anew when it changes. */
public final class Reach {
    private Reach() {}

    /**
     * Nodes that depend on the value, directly or not, in topological order; the node itself is not among them.
     *
     * @param id of a node, a module or a graph input
     */
    public static List<Node> from(Graph graph, String id) {
        return from(graph, List.of(id));
    }

    /** Nodes that depend on any of the values; one of them that depends on another is among them. */
    public static List<Node> from(Graph graph, Collection<String> ids) {
        Set<String> reached = new HashSet<>();
        for (String id : ids) {
            reached.add(graph.inputs().containsKey(id) ? id : graph.node(id).id());
        }
        List<Node> dependent = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (node.inputs().stream().anyMatch(reached::contains)) {
                reached.add(node.id());
                dependent.add(node);
            }
        }
        return dependent;
    }
}
