package org.mixdq4j.core.graph.analysis;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.tensor.Shape;

/** How many numbers of a layer cost the bits it is given, as MixDQ counts them; by layer id, in graph order. */
public final class LayerSizes {
    private static final String WEIGHT = "weight";

    private LayerSizes() {}

    /** Parameters of each layer's weight; the bias stays in float and does not count. */
    public static Map<String, Long> weights(Graph graph) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            sizes.put(
                    layer.id(),
                    layer.op().parameters().stream()
                            .filter(parameter -> parameter.suffix().equals(WEIGHT))
                            .map(ParameterSpec::shape)
                            .mapToLong(Shape::elements)
                            .sum());
        }
        return Collections.unmodifiableMap(sizes);
    }

    /**
     * Elements of each layer's input for one sample: the first axis, the batch, does not count. As in MixDQ the first
     * token of a text counts although BOS-aware layers leave it in float, and the border of a convolution does not.
     */
    public static Map<String, Long> inputs(Graph graph) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            Shape input = graph.shape(layer.inputs().get(0));
            sizes.put(layer.id(), input.elements() / input.dim(0));
        }
        return Collections.unmodifiableMap(sizes);
    }
}
