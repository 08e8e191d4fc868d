package org.mixdq4j.core.graph.analysis;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphInput;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Linear;

/**
 * Linear layers that read a token sequence given to the network: keys and values of cross-attention. The first token of
 * a CLIP sequence is an outlier that depends on no prompt, so these layers may treat it apart.
 */
public final class TextProjections {
    private TextProjections() {}

    /** Their ids in graph order. */
    public static Set<String> of(Graph graph) {
        Set<String> ids = new LinkedHashSet<>();
        for (Node layer : graph.layers()) {
            GraphInput input = graph.inputs().get(layer.inputs().get(0));
            if (layer.op() instanceof Linear && input != null && TextTokens.isText(input)) {
                ids.add(layer.id());
            }
        }
        return Collections.unmodifiableSet(ids);
    }
}
