package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** Element-wise product of two values, broadcast as NumPy does. */
public record Mul() implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shapes.count(this, in, 2);
        return Shapes.broadcast(this, in.get(0), in.get(1));
    }
}
