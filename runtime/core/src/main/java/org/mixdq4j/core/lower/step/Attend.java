package org.mixdq4j.core.lower.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.lower.View;

/**
 * Multi-head attention. Queries [B, N, H*D], keys and values [B, M, H*D], whose rows may lie anywhere (one product of
 * three layers writes all three).
 *
 * @param bias [1, H, N, M], or empty
 */
public record Attend(
        String id, Attention op, View query, View key, View value, Optional<View> bias, List<Output> outputs)
        implements Step {
    public Attend {
        outputs = List.copyOf(outputs);
    }

    @Override
    public List<View> reads() {
        List<View> views = new ArrayList<>(List.of(query, key, value));
        bias.ifPresent(views::add);
        return views;
    }

    @Override
    public List<View> writes() {
        return Outputs.views(outputs);
    }
}
