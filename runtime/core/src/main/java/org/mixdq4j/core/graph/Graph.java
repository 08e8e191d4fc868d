package org.mixdq4j.core.graph;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.graph.op.SinCosGrid;
import org.mixdq4j.core.tensor.Shape;

/**
 * A network as data: named inputs, nodes in an order in which each comes after what it reads, named outputs. Immutable;
 * shapes are fixed when it is built. Made by a {@link GraphBuilder}, checked by the {@link Verifier}.
 */
public final class Graph {
    private final String name;
    private final Map<String, GraphInput> inputs;
    private final Map<String, Node> nodes;
    private final Map<String, String> outputs;
    private final Map<String, String> modules;

    Graph(
            String name,
            Map<String, GraphInput> inputs,
            Map<String, Node> nodes,
            Map<String, String> outputs,
            Map<String, String> modules) {
        this.name = name;
        this.inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        this.nodes = Collections.unmodifiableMap(new LinkedHashMap<>(nodes));
        this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        this.modules = Collections.unmodifiableMap(new LinkedHashMap<>(modules));
    }

    /** What the graph is of, such as {@code UNet2DConditionModel}. */
    public String name() {
        return name;
    }

    public Map<String, GraphInput> inputs() {
        return inputs;
    }

    /** All nodes in topological order. */
    public Collection<Node> nodes() {
        return nodes.values();
    }

    /** Output name to id of the value, in declared order. */
    public Map<String, String> outputs() {
        return outputs;
    }

    /** Nodes with a weight matrix, in topological order. */
    public List<Node> layers() {
        return nodes.values().stream().filter(Node::isLayer).toList();
    }

    /** Whether {@link #node} would find one. */
    public boolean contains(String id) {
        return nodes.containsKey(id) || modules.containsKey(id);
    }

    /**
     * The node with this id, or the one that computes the output of the module with this path ({@code down_blocks.0} is
     * its downsampler's convolution). @throws IllegalArgumentException if there is none
     */
    public Node node(String id) {
        Node node = nodes.get(id);
        if (node == null) {
            node = nodes.get(modules.getOrDefault(id, ""));
        }
        if (node == null) {
            throw new IllegalArgumentException(name + " has no node or module '" + id + "'");
        }
        return node;
    }

    /** Shape of a node's value or of a graph input. */
    public Shape shape(String id) {
        GraphInput input = inputs.get(id);
        return input != null ? input.shape() : node(id).shape();
    }

    /** Names and shapes of all tensors a checkpoint holds, in topological order. */
    public Map<String, Shape> parameters() {
        Map<String, Shape> parameters = new LinkedHashMap<>();
        for (Node node : nodes.values()) {
            for (ParameterSpec spec : node.op().parameters()) {
                parameters.put(node.parameterName(spec), spec.shape());
            }
        }
        return parameters;
    }

    /** Of those tensors the ones that are not learned, and what they hold where a checkpoint leaves them out. */
    public Map<String, SinCosGrid> formulas() {
        Map<String, SinCosGrid> formulas = new LinkedHashMap<>();
        for (Node node : nodes.values()) {
            if (node.op() instanceof Parameter parameter && parameter.formula().isPresent()) {
                String name = node.parameterName(parameter.parameters().get(0));
                formulas.put(name, parameter.formula().get());
            }
        }
        return formulas;
    }

    /** Number of learned numbers. */
    public long parameterCount() {
        Map<String, Shape> learned = parameters();
        learned.keySet().removeAll(formulas().keySet());
        return learned.values().stream().mapToLong(Shape::elements).sum();
    }

    @Override
    public String toString() {
        return name + " (" + nodes.size() + " nodes)";
    }
}
