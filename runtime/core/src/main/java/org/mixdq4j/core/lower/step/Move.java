package org.mixdq4j.core.lower.step;

import java.util.List;
import org.mixdq4j.core.lower.View;

/** Copies elements; both views have the same shape and their values the same type (bytes as well as floats). */
public record Move(String id, View from, View to) implements Step {
    public Move {
        if (!from.shape().equals(to.shape())) {
            throw new IllegalArgumentException("a move from " + from + " to " + to);
        }
    }

    @Override
    public List<View> reads() {
        return List.of(from);
    }

    @Override
    public List<View> writes() {
        return List.of(to);
    }
}
