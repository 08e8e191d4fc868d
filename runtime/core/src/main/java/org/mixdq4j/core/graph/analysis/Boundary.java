package org.mixdq4j.core.graph.analysis;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;

/**
 * The layers at which a network touches the picture, where an error has nothing after or before it to hide in.
 * Rearrangements (reshape, transpose, slice) in between do not count.
 *
 * @param first ids of layers that read a picture or latent given to the network
 * @param last ids of layers whose result is an output of the network
 */
public record Boundary(Set<String> first, Set<String> last) {
    private static final int PICTURE_RANK = 4;

    public static Boundary of(Graph graph) {
        Set<String> first = new LinkedHashSet<>();
        for (Node layer : graph.layers()) {
            GraphInput input = graph.inputs().get(source(graph, layer.inputs().get(0)));
            if (input != null && input.shape().rank() == PICTURE_RANK) {
                first.add(layer.id());
            }
        }
        Set<String> last = new LinkedHashSet<>();
        for (String output : graph.outputs().values()) {
            String source = source(graph, output);
            if (graph.contains(source) && graph.node(source).isLayer()) {
                last.add(source);
            }
        }
        return new Boundary(Collections.unmodifiableSet(first), Collections.unmodifiableSet(last));
    }

    private static String source(Graph graph, String id) {
        String at = id;
        while (!graph.inputs().containsKey(at) && rearranges(graph.node(at).op())) {
            at = graph.node(at).inputs().get(0);
        }
        return at;
    }

    private static boolean rearranges(Op op) {
        return op instanceof Reshape || op instanceof Transpose || op instanceof Slice;
    }
}
