package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** Product of two computed matrices {@code a b^T}: [M, K] and [N, K] to [M, N]. */
public record MatMul() implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shapes.count(this, in, 2);
        Shape a = in.get(0);
        Shape b = in.get(1);
        Shapes.check(a.rank() == 2 && b.rank() == 2 && a.dim(1) == b.dim(1), "MatMul got %s and %s", a, b);
        return Shape.of(a.dim(0), b.dim(0));
    }
}
