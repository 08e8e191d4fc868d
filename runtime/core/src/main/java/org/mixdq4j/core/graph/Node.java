package org.mixdq4j.core.graph;

import java.util.List;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.tensor.Shape;

/**
 * One value of a graph and how it is computed.
 *
 * @param id module path the checkpoint uses ({@code down_blocks.1.attentions.0.proj_in}), or a path below it for values
 *     that have no module; unique among nodes and graph inputs
 * @param op what is computed
 * @param inputs ids of nodes or graph inputs
 * @param shape shape of the value
 */
public record Node(String id, Op op, List<String> inputs, Shape shape) {
    public Node {
        inputs = List.copyOf(inputs);
    }

    /** Name of one of this node's parameters in a checkpoint. */
    public String parameterName(ParameterSpec spec) {
        return spec.suffix().isEmpty() ? id : id + "." + spec.suffix();
    }

    /** Whether quantization applies: a node with a weight matrix. */
    public boolean isLayer() {
        return op instanceof Layer;
    }

    /** The op as a layer. @throws ClassCastException if {@link #isLayer()} is false */
    public Layer layer() {
        return (Layer) op;
    }
}
