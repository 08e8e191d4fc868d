package org.mixdq4j.torch;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.torch.kernel.Kernels;

/** Who needs whom in a graph. */
final class Schedule {
    private final Graph graph;
    private final Set<String> overwritable = new HashSet<>();
    private final Set<String> small = new HashSet<>();

    Schedule(Graph graph) {
        this.graph = graph;
        Map<String, Integer> uses = new HashMap<>();
        graph.nodes().forEach(node -> node.inputs().forEach(id -> uses.merge(id, 1, Integer::sum)));
        for (Node node : graph.nodes()) {
            if (uses.getOrDefault(node.id(), 0) == 1 && !Kernels.mayAlias(node.op())) {
                overwritable.add(node.id());
            }
            if (Work.small(node, node.inputs().stream().map(graph::shape).toList())) {
                small.add(node.id());
            }
        }
    }

    /**
     * Whether the one node that reads this value may overwrite it, were the value not kept: nobody else reads it, and it
     * shares memory with nothing. (It could with a view of it, but the view would be the one reader.)
     */
    boolean overwritable(String id) {
        return overwritable.contains(id);
    }

    /** Whether this node is not worth dividing among threads. */
    boolean small(String id) {
        return small.contains(id);
    }

    /** The nodes that the wanted values need, in order, leaving out values that are {@code known} and what only they need. */
    List<Node> needed(Collection<String> wanted, Predicate<String> known) {
        Set<String> needed = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(wanted);
        while (!open.isEmpty()) {
            String id = open.pop();
            if (!known.test(id) && needed.add(id)) {
                open.addAll(graph.node(id).inputs());
            }
        }
        return graph.nodes().stream().filter(node -> needed.contains(node.id())).toList();
    }

    /** The given nodes and all that depend on one of them. */
    Set<String> dependents(Set<String> changed) {
        Set<String> dependents = new HashSet<>(changed);
        for (Node node : graph.nodes()) {
            if (node.inputs().stream().anyMatch(dependents::contains)) {
                dependents.add(node.id());
            }
        }
        return dependents;
    }
}
