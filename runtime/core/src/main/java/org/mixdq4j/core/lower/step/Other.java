package org.mixdq4j.core.lower.step;

import java.util.List;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.lower.View;

/**
 * An op that has no step of its own, on dense values: embeddings, timesteps, pooling. {@code Parameter} is a {@link Load}. Images are channels last here as
 * well.
 *
 * @param node id of the graph's node, under which its parameters are stored
 */
public record Other(String id, String node, Op op, List<View> inputs, View to) implements Step {
    public Other {
        inputs = List.copyOf(inputs);
    }

    @Override
    public List<View> reads() {
        return inputs;
    }

    @Override
    public List<View> writes() {
        return List.of(to);
    }
}
