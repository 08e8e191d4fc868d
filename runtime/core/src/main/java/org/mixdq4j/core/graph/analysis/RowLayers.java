package org.mixdq4j.core.graph.analysis;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Linear;

/**
 * Linear layers that read one row of features per sample, with no axis of tokens or positions: embedders of timesteps and
 * pooled texts, and what modulates norms (adaLN) or shifts channels by them. They hold many parameters (a third of
 * SD3-medium's) and do next to no work, so that fewer bits of weight save memory and integer products save no time.
 */
public final class RowLayers {
    private static final int ROWS_RANK = 2;

    private RowLayers() {}

    /** Their ids in graph order. */
    public static Set<String> of(Graph graph) {
        Set<String> ids = new LinkedHashSet<>();
        for (Node layer : graph.layers()) {
            if (layer.op() instanceof Linear
                    && graph.shape(layer.inputs().get(0)).rank() == ROWS_RANK) {
                ids.add(layer.id());
            }
        }
        return Collections.unmodifiableSet(ids);
    }
}
