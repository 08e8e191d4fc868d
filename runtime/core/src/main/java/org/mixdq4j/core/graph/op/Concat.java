package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** Values one after the other along {@code axis} (counted from the front). */
public record Concat(int axis) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shapes.check(in.size() >= 2, "Concat takes at least 2 inputs, got %d", in.size());
        int extent = 0;
        for (Shape shape : in) {
            Shapes.check(
                    shape.rank() == in.get(0).rank()
                            && shape.with(axis, 0).equals(in.get(0).with(axis, 0)),
                    "Concat along axis %d cannot join %s",
                    axis,
                    in);
            extent += shape.dim(axis);
        }
        return in.get(0).with(axis, extent);
    }
}
