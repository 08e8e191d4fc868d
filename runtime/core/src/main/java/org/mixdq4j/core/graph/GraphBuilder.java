package org.mixdq4j.core.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** Collects nodes in order and infers each one's shape as it is added, so that a mistake shows where it is made. */
public final class GraphBuilder {
    private final String name;
    private final Map<String, GraphInput> inputs = new LinkedHashMap<>();
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, String> outputs = new LinkedHashMap<>();
    private final Map<String, String> modules = new LinkedHashMap<>();

    public GraphBuilder(String name) {
        this.name = name;
    }

    /** A value of the graph under construction. */
    public record Value(String id, Shape shape) {}

    public Value input(String inputName, DType dtype, Shape shape) {
        requireNew(inputName);
        inputs.put(inputName, new GraphInput(inputName, dtype, shape));
        return new Value(inputName, shape);
    }

    /**
     * Adds a node. @throws IllegalArgumentException if the id is taken or the op cannot read values of these shapes,
     * naming the node
     */
    public Value add(String id, Op op, Value... from) {
        requireNew(id);
        List<String> ids = new ArrayList<>();
        List<Shape> shapes = new ArrayList<>();
        for (Value value : from) {
            ids.add(value.id());
            shapes.add(value.shape());
        }
        Shape shape;
        try {
            shape = op.outputShape(shapes);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("node '" + id + "': " + e.getMessage(), e);
        }
        nodes.put(id, new Node(id, op, ids, shape));
        return new Value(id, shape);
    }

    /** Lets {@code path} stand for {@code value}: the output of the module with that path. */
    public Value module(String path, Value value) {
        if (!path.equals(value.id())) {
            modules.put(path, value.id());
        }
        return value;
    }

    public void output(String outputName, Value value) {
        outputs.put(outputName, value.id());
    }

    /** The graph, verified. */
    public Graph build() {
        Graph graph = new Graph(name, inputs, nodes, outputs, modules);
        Verifier.verify(graph);
        return graph;
    }

    private void requireNew(String id) {
        if (nodes.containsKey(id) || inputs.containsKey(id)) {
            throw new IllegalArgumentException(name + " already has a value '" + id + "'");
        }
    }
}
