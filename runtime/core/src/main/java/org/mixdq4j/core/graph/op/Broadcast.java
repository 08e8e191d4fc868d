package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** Repeats axes of extent 1 to reach {@code shape}. */
public record Broadcast(Shape shape) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(Shapes.broadcast(this, x, shape).equals(shape), "%s cannot be broadcast to %s", x, shape);
        return shape;
    }
}
