package org.mixdq4j.core.lower.step;

import java.util.List;
import org.mixdq4j.core.lower.View;

/**
 * Copies a stored parameter, or the part of it that is read: positions, class tokens.
 *
 * @param parameter its name in the checkpoint
 * @param from of the tensor as it is stored; its value has no place in the arena
 * @param to floats of any type, of the same shape
 */
public record Load(String id, String parameter, View from, View to) implements Step {
    public Load {
        if (!from.shape().equals(to.shape())) {
            throw new IllegalArgumentException("a load from " + from + " to " + to);
        }
    }

    @Override
    public List<View> reads() {
        return List.of();
    }

    @Override
    public List<View> writes() {
        return List.of(to);
    }
}
