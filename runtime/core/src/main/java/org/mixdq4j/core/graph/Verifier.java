package org.mixdq4j.core.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.tensor.Shape;

/**
 * The rules every graph keeps: each node comes after what it reads; its shape is what its op says; no two nodes claim
 * the same parameter; every output exists; nothing is computed or asked for that no output needs.
 */
public final class Verifier {
    private Verifier() {}

    /** @throws IllegalStateException naming the first node that breaks a rule */
    public static void verify(Graph graph) {
        Map<String, Shape> known = new HashMap<>();
        graph.inputs().forEach((name, input) -> known.put(name, input.shape()));
        Set<String> parameters = new HashSet<>();
        for (Node node : graph.nodes()) {
            verifyNode(graph, node, known);
            for (ParameterSpec spec : node.op().parameters()) {
                check(
                        parameters.add(node.parameterName(spec)),
                        graph,
                        "parameter '%s' is claimed twice",
                        node.parameterName(spec));
            }
            check(known.put(node.id(), node.shape()) == null, graph, "value '%s' is computed twice", node.id());
        }
        check(!graph.outputs().isEmpty(), graph, "it has no output");
        graph.outputs()
                .forEach((name, id) -> check(known.containsKey(id), graph, "output '%s' reads unknown '%s'", name, id));
        verifyNothingDead(graph);
    }

    private static void verifyNode(Graph graph, Node node, Map<String, Shape> known) {
        List<Shape> shapes = new ArrayList<>();
        for (String input : node.inputs()) {
            Shape shape = known.get(input);
            check(shape != null, graph, "node '%s' reads '%s', which does not come before it", node.id(), input);
            shapes.add(shape);
        }
        Shape inferred;
        try {
            inferred = node.op().outputShape(shapes);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(graph.name() + ": node '" + node.id() + "': " + e.getMessage(), e);
        }
        check(
                inferred.equals(node.shape()),
                graph,
                "node '%s' has shape %s, its op gives %s",
                node.id(),
                node.shape(),
                inferred);
    }

    private static void verifyNothingDead(Graph graph) {
        Set<String> live = new HashSet<>(graph.outputs().values());
        Deque<String> open = new ArrayDeque<>(live);
        while (!open.isEmpty()) {
            String id = open.pop();
            if (!graph.inputs().containsKey(id)) {
                graph.node(id).inputs().stream().filter(live::add).forEach(open::push);
            }
        }
        graph.nodes().forEach(node -> check(live.contains(node.id()), graph, "no output needs node '%s'", node.id()));
        graph.inputs().keySet().forEach(name -> check(live.contains(name), graph, "no output needs input '%s'", name));
    }

    private static void check(boolean holds, Graph graph, String message, Object... arguments) {
        if (!holds) {
            throw new IllegalStateException(graph.name() + ": " + String.format(message, arguments));
        }
    }
}
