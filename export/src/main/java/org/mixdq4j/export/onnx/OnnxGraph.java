package org.mixdq4j.export.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.tensor.Shape;

/** An ONNX graph being built: nodes in topological order, initializers in a store. Names are made unique. */
final class OnnxGraph {
    private static final int NODE = 1;
    private static final int INPUT = 11;
    private static final int OUTPUT = 12;

    private final TensorStore tensors;
    private final Message nodes = new Message();
    private final Message ends = new Message();
    private final Set<String> names = new HashSet<>();
    private final Map<List<Object>, String> constants = new HashMap<>();
    private final Map<List<Object>, String> known = new HashMap<>();

    OnnxGraph(TensorStore tensors) {
        this.tensors = tensors;
    }

    void input(String name, OnnxType type, Shape shape) {
        names.add(name);
        ends.add(INPUT, valueInfo(name, type, shape));
    }

    void output(String name, OnnxType type, Shape shape) {
        ends.add(OUTPUT, valueInfo(name, type, shape));
    }

    /** Takes a name that nothing has yet: this one, or one like it. */
    String claim(String name) {
        String own = name;
        for (int i = 1; !names.add(own); i++) {
            own = name + "/" + i;
        }
        return own;
    }

    /** Adds a node of one output. @param name of its output, changed if it is taken; @return the name it got */
    String add(String op, String name, List<String> inputs, Attribute... attributes) {
        return addNamed(op, claim(name), inputs, attributes);
    }

    /** Adds a node whose output has exactly this name, which was claimed. */
    String addNamed(String op, String output, List<String> inputs, Attribute... attributes) {
        Message node = new Message();
        inputs.forEach(input -> node.add(1, input));
        node.add(2, output).add(3, output).add(4, op);
        for (Attribute attribute : attributes) {
            node.add(5, attribute.message());
        }
        nodes.add(NODE, node);
        return output;
    }

    /** {@link #add}, but what was added before for the same op, inputs and attributes is taken again. */
    String shared(String op, String name, List<String> inputs, Attribute... attributes) {
        List<Object> key = new ArrayList<>(List.of(op));
        key.addAll(inputs);
        for (Attribute attribute : attributes) {
            Object value = attribute.value();
            key.add(List.of(attribute.name(), value instanceof long[] ints ? Arrays.toString(ints) : value));
        }
        return known.computeIfAbsent(key, k -> add(op, name, inputs, attributes));
    }

    /** An initializer whose bytes come in parts. @return its name */
    String tensor(String name, OnnxType type, long[] dims, TensorStore.Content content) {
        String own = claim(name);
        tensors.add(own, type, dims, content);
        return own;
    }

    /** An initializer of a few numbers; equal ones are one. */
    String floats(String name, long[] dims, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return constant(name, OnnxType.FLOAT, dims, bytes.array());
    }

    /** A number. */
    String number(String name, float value) {
        return floats(name, new long[0], value);
    }

    /** A list of integers. */
    String ints(String name, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return constant(name, OnnxType.INT64, new long[] {values.length}, bytes.array());
    }

    /** An initializer of few bytes; equal ones are one. */
    String constant(String name, OnnxType type, long[] dims, byte[] bytes) {
        List<Object> key = List.of(type, Arrays.toString(dims), ByteBuffer.wrap(bytes));
        return constants.computeIfAbsent(key, k -> {
            String own = claim(name);
            tensors.add(own, type, dims, bytes);
            return own;
        });
    }

    /** Nodes, inputs and outputs as fields of GraphProto; without initializers. */
    byte[] fields() {
        return ByteBuffer.allocate(nodes.size() + ends.size())
                .put(nodes.bytes())
                .put(ends.bytes())
                .array();
    }

    private static Message valueInfo(String name, OnnxType type, Shape shape) {
        Message dims = new Message();
        for (int dim : shape.toArray()) {
            dims.add(1, new Message().add(1, dim));
        }
        Message tensor = new Message().add(1, type.number()).add(2, dims);
        return new Message().add(1, name).add(2, new Message().add(1, tensor));
    }
}
