package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** Entries {@code [from, to)} of {@code axis}. */
public record Slice(int axis, int from, int to) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(
                0 <= from && from < to && to <= x.dim(axis),
                "Slice %d..%d of axis %d does not lie in %s",
                from,
                to,
                axis,
                x);
        return x.with(axis, to - from);
    }
}
