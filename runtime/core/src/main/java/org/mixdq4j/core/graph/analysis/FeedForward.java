package org.mixdq4j.core.graph.analysis;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Slice;

/**
 * The feed-forward layers of transformer blocks: on token sequences (rank 3), a Linear that reads, through at least one
 * activation or GEGLU and otherwise only through products and slices (gates), other Linears, and whose result, scaled at
 * most, is added to a value these derive from. Embedders of vectors and of text are none: they have no tokens, or add
 * nothing.
 */
public final class FeedForward {
    private static final int SEQUENCE_RANK = 3;

    private final Graph graph;

    private FeedForward(Graph graph) {
        this.graph = graph;
    }

    /** Their ids, first and last layers, in graph order. */
    public static Set<String> of(Graph graph) {
        FeedForward search = new FeedForward(graph);
        Set<String> found = new HashSet<>();
        for (Node layer : graph.layers()) {
            if (isTokenwise(layer)) {
                Set<String> first = search.sources(layer);
                if (!first.isEmpty() && search.isResidual(first, layer)) {
                    found.addAll(first);
                    found.add(layer.id());
                }
            }
        }
        Set<String> ordered = new LinkedHashSet<>();
        graph.layers().stream().map(Node::id).filter(found::contains).forEach(ordered::add);
        return Collections.unmodifiableSet(ordered);
    }

    private static boolean isTokenwise(Node node) {
        return node.op() instanceof Linear && node.shape().rank() == SEQUENCE_RANK;
    }

    /** The Linears whose results the layer reads bent by an activation; none if it reads anything else. */
    private Set<String> sources(Node last) {
        Set<String> sources = new HashSet<>();
        boolean bent = false;
        Deque<String> open = new ArrayDeque<>(last.inputs());
        while (!open.isEmpty()) {
            String id = open.pop();
            if (graph.inputs().containsKey(id)) {
                return Set.of();
            }
            Node node = graph.node(id);
            if (isTokenwise(node)) {
                sources.add(node.id());
            } else if (bends(node.op()) || node.op() instanceof Mul || node.op() instanceof Slice) {
                bent |= bends(node.op());
                open.addAll(node.inputs());
            } else {
                return Set.of();
            }
        }
        return bent ? sources : Set.of();
    }

    private static boolean bends(Op op) {
        return op instanceof Activate || op instanceof GeGlu;
    }

    private boolean isResidual(Set<String> first, Node last) {
        Set<String> scaled = new HashSet<>(Set.of(last.id()));
        for (Node node : graph.nodes()) {
            boolean reads = node.inputs().stream().anyMatch(scaled::contains);
            if (reads && node.op() instanceof Mul) {
                scaled.add(node.id());
            } else if (reads && node.op() instanceof Add) {
                return node.inputs().stream()
                        .filter(other -> !scaled.contains(other))
                        .anyMatch(other -> precedes(other, first));
            }
        }
        return false;
    }

    private boolean precedes(String id, Set<String> layers) {
        return Reach.from(graph, id).stream().map(Node::id).anyMatch(layers::contains);
    }
}
