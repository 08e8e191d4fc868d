package org.mixdq4j.export.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.graph.Node;

/**
 * What the values of a network are called in the ONNX graph: as in the network, which is by module path; outputs by their
 * names. An output that has an input's name ({@code sample} of a UNet) is called {@code out_sample}, as Optimum does.
 */
final class Values {
    private final Graph graph;
    private final OnnxGraph onnx;
    private final Map<String, String> byId = new HashMap<>();
    private final Map<String, String> outputs = new HashMap<>();

    Values(Graph graph, OnnxGraph onnx) {
        this.graph = graph;
        this.onnx = onnx;
        for (GraphInput input : graph.inputs().values()) {
            onnx.input(input.name(), OnnxType.of(input.dtype()), input.shape());
            byId.put(input.name(), input.name());
        }
        graph.outputs().forEach((name, id) -> outputs.putIfAbsent(id, onnx.claim(outputName(name))));
    }

    /** Of a network's output. */
    private String outputName(String name) {
        return graph.inputs().containsKey(name) ? "out_" + name : name;
    }

    /** Names of what a node reads. */
    List<String> inputs(Node node) {
        return node.inputs().stream().map(byId::get).toList();
    }

    String name(String id) {
        return byId.get(id);
    }

    /** The name a node's value is to get. */
    String claim(Node node) {
        String output = outputs.get(node.id());
        return output == null ? onnx.claim(node.id()) : output;
    }

    void put(Node node, String name) {
        byId.put(node.id(), name);
    }

    /** Declares the outputs, when all nodes are there. */
    void finish() {
        graph.outputs().forEach((name, id) -> {
            String wanted = outputs.get(id).equals(outputName(name)) ? outputs.get(id) : onnx.claim(outputName(name));
            if (!wanted.equals(byId.get(id))) {
                onnx.addNamed("Identity", wanted, List.of(byId.get(id)));
            }
            onnx.output(wanted, OnnxType.FLOAT, graph.shape(id));
        });
    }
}
