package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** The same elements in row-major order under another shape. */
public record Reshape(Shape shape) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(x.elements() == shape.elements(), "%s cannot be reshaped to %s", x, shape);
        return shape;
    }
}
