package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** {@code x / ||x||} over the last axis. */
public record L2Normalize() implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        return Shapes.only(this, in);
    }
}
